"""Looks at the connection every two seconds: how good it is, and whether anything still arrives."""

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from kiosk.call.line import combine
from kiosk.call.wire import Line
from kiosk.events import LineQuality

if TYPE_CHECKING:
    from kiosk.call.peer import Peer

PERIOD_S = 2.0
SILENCE_S = 6.0  # reports of the receiver come every second or two, even without picture and sound
_PAGE_VALID_S = 6.0


class LineWatch:
    """One for each connection. `told(line, silent)` after every look."""

    def __init__(self, peer: "Peer", told: Callable[[Line, bool], None]) -> None:
        self._peer = peer
        self._told = told
        self._page: tuple[float, Line] | None = None

    def page_says(self, line: Line) -> None:
        self._page = (time.monotonic(), line)

    async def run(self) -> None:
        """Until cancelled."""
        received, heard_s = 0, time.monotonic()
        while True:
            await asyncio.sleep(PERIOD_S)
            measure = await self._peer.measure()
            now_s = time.monotonic()
            if measure.bytes_received != received:
                received, heard_s = measure.bytes_received, now_s
            silent = now_s - heard_s > SILENCE_S
            recent = self._page is not None and now_s - self._page[0] < _PAGE_VALID_S
            line = combine(measure, self._page[1] if self._page and recent else None)
            self._told(Line(LineQuality.POOR, line.rtt_ms, line.loss) if silent else line, silent)
