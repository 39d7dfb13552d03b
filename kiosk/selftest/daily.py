"""Every morning the kiosk looks after itself, while nobody is there; and what it found last."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path

from kiosk.selftest.kept import keep_report, kept_report
from kiosk.selftest.report import Check, Part, Problem, Report, Zone, green, red

SETTLE_S = 20.0  # after the start: Bluetooth and USB have shown what is there
LOOK_S = 20.0
BROKEN_S = 3600.0  # a test that broke is not tried again at once: it opens cameras
_AHEAD = timedelta(minutes=5)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class SelfTests:
    """`check(idle)` makes one report; `idle()`: no session, and none that waits to be resumed.

    `told` on each report that is kept. `at` None: never by itself.
    """

    check: Callable[[bool], Awaitable[Report]]
    idle: Callable[[], bool]
    told: Callable[[Report], None]
    file: Path
    at: time | None
    last: Report | None = None
    _running: asyncio.Task[Report] | None = field(default=None, init=False)

    def load(self) -> None:
        """What was found before the last restart."""
        self.last = kept_report(self.file)
        if self.last is not None:
            self.told(self.last)

    async def run(self) -> Report | None:
        """Now. None: somebody came meanwhile.

        During a session it plays nothing, and is not kept: it says less than the one of the morning.
        """
        if not self.idle():
            return await self.check(False)
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        running = self._running
        await asyncio.wait([running])
        return None if running.cancelled() else running.result()

    async def interrupt(self) -> None:
        """Somebody comes: cameras and loudspeaker are free when this returns. It is made up for later."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    async def watch(self, settle_s: float = SETTLE_S, look_s: float = LOOK_S) -> None:
        """Run when it is time, until cancelled. What was missed is made up for; a session comes first."""
        await asyncio.sleep(settle_s)
        while self.at is not None:
            if self.idle() and is_due(self.last, datetime.now().astimezone(), self.at):
                await self._try()
            await asyncio.sleep(look_s)

    async def _try(self) -> None:
        """A test that breaks is logged and tried again later: it must not be the last one."""
        try:
            await self.run()
        except Exception:
            log.exception("the self-test broke")
            await asyncio.sleep(BROKEN_S)

    async def keep_touch(self, dead: tuple[Zone, ...], beside: tuple[Zone, ...]) -> None:
        """What somebody found by touching the screen, in the place of "nobody was there to touch it"."""
        if self.last is not None:
            await self._keep(self.last.with_check(touch_check(dead, beside)))

    async def _run(self) -> Report:
        try:
            report = await self.check(True)
            await self._keep(report)
            return report
        finally:
            self._running = None

    async def _keep(self, report: Report) -> None:
        self.last = report
        log.info("self-test: %s", ", ".join(c.part for c in report.reds) or "nothing out of order")
        self.told(report)
        try:
            await asyncio.to_thread(keep_report, report, self.file)
        except OSError as error:
            log.error("the report of the self-test cannot be kept: %s", error)


def is_due(last: Report | None, now: datetime, at: time) -> bool:
    """The newest `at` that has passed came after the last report. One from the future counts for nothing."""
    due = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    if due > now:
        due -= timedelta(days=1)
    return last is None or last.made_at < due or last.made_at > now + _AHEAD


def touch_check(dead: tuple[Zone, ...], beside: tuple[Zone, ...]) -> Check:
    """A zone without an answer is worse than one that answers beside the finger."""
    if dead:
        return red(Part.SCREEN, Problem.DEAD_ZONES, ",".join(dead))
    return red(Part.SCREEN, Problem.BESIDE_TARGET, ",".join(beside)) if beside else green(Part.SCREEN)
