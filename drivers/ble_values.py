"""What a peripheral has sent and nobody has taken yet. Bounded: one that floods costs only itself."""

import asyncio
from collections import deque

from bleak.backends.characteristic import BleakGATTCharacteristic

Value = tuple[BleakGATTCharacteristic, bytes]

_MOST = 2048  # the whole memory of any meter; seconds of the fastest stream


class Values:
    """In order. When there are too many, the oldest live value goes; a result never does.

    Results are indicated and live values are notified, unless `results_notified`.
    """

    def __init__(self, results_notified: bool = False) -> None:
        self._results_notified = results_notified
        self._waiting: deque[Value] = deque()
        self._news = asyncio.Event()
        self._ended = False
        self._lost = 0

    def put(self, characteristic: BleakGATTCharacteristic, data: bytes) -> bool:
        """False when too many wait and none may go: whoever sends must be stopped."""
        self._waiting.append((characteristic, data))
        self._news.set()
        return len(self._waiting) <= _MOST or self._drop()

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
        live = next((at for at, value in enumerate(self._waiting) if not self.is_result(value[0])), None)
        if live is None:
            return False
        del self._waiting[live]
        self._lost += 1
        return True
