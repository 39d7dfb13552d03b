"""Sound leaves at once; pictures leave as the line takes them, so that none fills its queue."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from enum import Enum, auto

_logger = logging.getLogger(__name__)

_GRID_S = 0.005
_RATE_MIN_BPS = 60_000
_BURST_S, _BURST_MIN_BYTES = 0.040, 2_400  # an ordinary picture leaves as a whole
_BOUND_S, _BOUND_MIN_BYTES = 0.6, 20_000
_COPIES_MAX = 32  # of what is rather forgotten than late


class Lane(Enum):
    """NOW: sound and RTCP. AGAIN: what was lost before, ahead of PICTURE: video. COPY: if nothing waits."""

    NOW = auto()
    AGAIN = auto()
    PICTURE = auto()
    COPY = auto()


class Pacer:
    """`send` is awaited for each packet as it leaves; a ConnectionError of it ends those that wait.

    `overflowed` is called when all that waited had to be thrown away: pictures must begin anew.
    """

    def __init__(
        self,
        send: Callable[[bytes], Awaitable[None]],
        overflowed: Callable[[], None] = lambda: None,
        overhead_bytes: int = 0,
    ) -> None:
        """`overhead_bytes`: what the line carries for each packet beside it."""
        self._send = send
        self._overflowed = overflowed
        self._overhead_bytes = overhead_bytes
        self._again: deque[bytes] = deque()
        self._pictures: deque[bytes] = deque()
        self._copies: deque[bytes] = deque(maxlen=_COPIES_MAX)
        self._waiting_bytes = 0
        self._credit_bytes = float(_BURST_MIN_BYTES)
        self._filled_s = 0.0
        self._task: asyncio.Task[None] | None = None
        self.rate_bps = self.burst_bps = 500_000.0
        """The target of the whole connection, and how fast pictures leave: set both whenever they change."""

    @property
    def backlog_s(self) -> float:
        """How long what waits would take at the target rate: skip pictures when it grows."""
        return self._waiting_bytes * 8 / max(1, self.rate_bps)

    async def put(self, packet: bytes, lane: Lane) -> None:
        """Send it, or keep it until its turn. Raises ConnectionError like `send`."""
        if lane is Lane.NOW:
            self.charge(len(packet))
            await self._send(packet)
            return
        if lane is Lane.COPY:
            self._copies.append(packet)
            self._go()
            return
        if self._waiting_bytes + len(packet) > max(_BOUND_MIN_BYTES, _BOUND_S * self._pace_bps / 8):
            self._overflow()
        self._fill()
        if not self._waiting_bytes and self._credit_bytes > 0:
            self._credit_bytes -= len(packet) + self._overhead_bytes
            await self._send(packet)
            return
        (self._again if lane is Lane.AGAIN else self._pictures).append(packet)
        self._waiting_bytes += len(packet)
        self._go()

    def charge(self, size_bytes: int) -> None:
        """So much has left beside the pictures, or leaves now: they take what it leaves."""
        self._fill()
        self._credit_bytes -= size_bytes + self._overhead_bytes

    async def close(self) -> None:
        """Throw away what waits; idempotent."""
        self._clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def _go(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._release())

    def _next(self) -> bytes:
        if not self._waiting_bytes:
            return self._copies.popleft()
        packet = (self._again or self._pictures).popleft()
        self._waiting_bytes -= len(packet)
        return packet

    @property
    def _pace_bps(self) -> float:
        return max(_RATE_MIN_BPS, self.burst_bps)

    def _fill(self) -> None:
        now_s = asyncio.get_running_loop().time()
        earned = (now_s - self._filled_s) * self._pace_bps / 8
        most = max(_BURST_MIN_BYTES, _BURST_S * self.rate_bps / 8)
        self._credit_bytes = min(most, self._credit_bytes + earned)
        self._filled_s = now_s

    async def _release(self) -> None:
        """Until nothing waits."""
        try:
            while self._waiting_bytes or self._copies:
                self._fill()
                while self._credit_bytes > 0 and (self._waiting_bytes or self._copies):
                    packet = self._next()
                    self._credit_bytes -= len(packet) + self._overhead_bytes
                    await self._send(packet)
                await asyncio.sleep(max(_GRID_S, -self._credit_bytes * 8 / self._pace_bps))
        except ConnectionError:
            self._clear()

    def _overflow(self) -> None:
        _logger.warning("%d bytes of pictures waited too long: thrown away", self._waiting_bytes)
        self._clear()
        self._overflowed()

    def _clear(self) -> None:
        self._again.clear()
        self._pictures.clear()
        self._copies.clear()
        self._waiting_bytes = 0
