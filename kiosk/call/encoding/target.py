"""What one picture track may cost now: set by whoever divides the line, read by its track and its encoder."""

import asyncio

from kiosk.call.streams import Size, VideoTarget

UNLIMITED = VideoTarget(1_000_000, Size(1280, 720, 30.0))


class LiveTarget:
    """A `VideoTarget` that changes while it is in use. `set` and `wait_running` on one asyncio loop.

    `value` may be read from any thread; whoever needs several of its fields takes it once.
    """

    def __init__(self, target: VideoTarget = UNLIMITED) -> None:
        self.value = target
        self._running = asyncio.Event()
        self.set(target)

    def set(self, target: VideoTarget) -> None:
        self.value = target
        if target.rate_bps > 0:
            self._running.set()
        else:
            self._running.clear()

    @property
    def paused(self) -> bool:
        return not self._running.is_set()

    async def wait_running(self) -> None:
        await self._running.wait()
