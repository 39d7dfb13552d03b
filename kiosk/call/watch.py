"""Looks at the connection twice a second: does anything arrive; and every two seconds: how good is it."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from kiosk.call.line import Measure, combine
from kiosk.call.page_messages import Line
from kiosk.events import LineQuality

if TYPE_CHECKING:
    from kiosk.call.peer import Peer

log = logging.getLogger(__name__)

LOOK_S = 0.5
TELL_S = 2.0
SILENCE_S = 2.5  # the page says something every second, even without picture and sound
_PAGE_VALID_S = 6.0


class LineWatch:
    """One for each connection. `told(line, silent)` every two seconds, and when silence comes or goes."""

    def __init__(self, peer: "Peer", told: Callable[[Line, bool], None]) -> None:
        self._peer = peer
        self._told = told
        self._page: tuple[float, Line] | None = None
        self._received = 0
        self._heard_s = self._told_s = time.monotonic()
        self._silent = False

    def page_says(self, line: Line) -> None:
        self._page = (time.monotonic(), line)

    async def run(self) -> None:
        """Until cancelled."""
        self._heard_s = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                self._look(await self._peer.measure(), time.monotonic())
            except Exception:  # a bug in who is told must not end the watch for silence
                log.exception("the line could not be looked at")

    def _look(self, measure: Measure, now_s: float) -> None:
        if measure.bytes_received != self._received:
            self._received, self._heard_s = measure.bytes_received, now_s
        silent = now_s - self._heard_s > SILENCE_S
        if silent != self._silent or now_s - self._told_s >= TELL_S:
            self._silent, self._told_s = silent, now_s
            self._told(self._line(measure, now_s), silent)

    def _line(self, measure: Measure, now_s: float) -> Line:
        recent = self._page is not None and now_s - self._page[0] < _PAGE_VALID_S
        line = combine(measure, self._page[1] if self._page and recent else None)
        return Line(LineQuality.POOR, line.rtt_ms, line.loss) if self._silent else line
