"""What a peripheral has sent and nobody has taken yet. Bounded: one that floods costs only itself."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from bleak.backends.characteristic import BleakGATTCharacteristic


@dataclass(frozen=True, slots=True)
class Value:
    """`came_s`: when it arrived; it may be taken much later: what came before is made durable first."""

    characteristic: BleakGATTCharacteristic
    data: bytes
    came_s: float


_MOST = 2048  # the whole memory of any meter; seconds of the fastest stream


class Values:
    """In order. When there are too many, the oldest live value goes; a result never does.

    Results are indicated and live values are notified, unless `results_notified`.
    """

    def __init__(self, results_notified: bool = False, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._results_notified = results_notified
        self._waiting: deque[Value] = deque()
        self._news = asyncio.Event()
        self._ended = self._closed = False
        self._lost = 0

    def put(self, characteristic: BleakGATTCharacteristic, data: bytes) -> bool:
        """False, once, when too many wait and none may go: then it is the last that is taken."""
        if self._closed:
            return True
        self._waiting.append(Value(characteristic, data, self._clock_s()))
        self._news.set()
        if len(self._waiting) <= _MOST or self._drop():
            return True
        self._closed = True
        self.end()
        return False

    def end(self) -> None:
        """Nothing more will come; what waits is still there."""
        self._ended = True
        self._news.set()

    async def get(self) -> Value | None:
        """The next one; None when it was the last."""
        while not self._waiting and not self._ended:
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft() if self._waiting else None

    def is_result(self, characteristic: BleakGATTCharacteristic) -> bool:
        return self._results_notified or "indicate" in characteristic.properties

    def lost(self) -> int:
        """How many have gone since this was asked last: they came before the live value that is next."""
        lost, self._lost = self._lost, 0
        return lost

    def _drop(self) -> bool:
        live = next(
            (at for at, value in enumerate(self._waiting) if not self.is_result(value.characteristic)), None
        )
        if live is None:
            return False
        del self._waiting[live]
        self._lost += 1
        return True
