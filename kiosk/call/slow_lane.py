"""What may wait goes beside what may not: history and still pictures, in small pieces, as the line allows.

All data of a connection leaves SCTP in the order it was given (RFC 8831 section 6.6, no interleaving), so
a large message would hold up the readings behind it. Here only a little is given at a time.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from kiosk.call.channels import Channels

_UNSENT_MAX_BYTES = 4096
_PERIOD_S = 0.04
_BURST_S = 0.25  # a rate that was not used is not saved up for longer


class SlowLane:
    """One for a connection. `rate_bps` may change at any time; None: as fast as the channel takes it."""

    def __init__(self, channels: Channels, rate_bps: int | None = None) -> None:
        self.rate_bps = rate_bps
        self._channels = channels
        self.expects_more: Callable[[], bool] = lambda: False
        self._waiting: deque[str] = deque()
        self._task: asyncio.Task[None] | None = None

    def put(self, text: str, first: bool = False) -> None:
        """`first`: before all that waits."""
        if first:
            self._waiting.appendleft(text)
        else:
            self._waiting.append(text)
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    @property
    def waiting(self) -> int:
        """How many messages have not been given to the channel."""
        return len(self._waiting)

    @property
    def busy(self) -> bool:
        """Something waits, or whoever uses this lane has more to come."""
        return bool(self._waiting) or self.expects_more()

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()

    def close(self) -> None:
        self.clear()
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        """Until nothing waits."""
        allowed_bytes, then_s = 0.0, time.monotonic()
        while self._waiting:
            now_s = time.monotonic()
            rate_bps = self.rate_bps
            if rate_bps is not None:
                earned = allowed_bytes + rate_bps / 8 * (now_s - then_s)
                allowed_bytes = min(earned, rate_bps / 8 * _BURST_S + len(self._waiting[0]))
            then_s = now_s
            while self._waiting and self._channels.unsent_bytes < _UNSENT_MAX_BYTES:
                if rate_bps is not None and allowed_bytes < len(self._waiting[0]):
                    break
                allowed_bytes -= len(self._waiting[0])
                self._channels.send_live(self._waiting.popleft())
            await asyncio.sleep(_PERIOD_S)
        self._task = None
