"""A still picture every few seconds in place of a video that the line cannot carry."""

import asyncio
import logging
from datetime import datetime
from uuid import uuid4

from drivers.frames import FrameSlot
from kiosk.call import wire
from kiosk.call.clip_sender import AHEAD
from kiosk.call.encoding.still import still_jpeg
from kiosk.call.slow_lane import SlowLane

log = logging.getLogger(__name__)

PERIOD_S = 4.0
_LOOK_S = 0.2
_BYTES_MIN, _BYTES_MAX = 1_800, 8_000
_TEXT_PER_BYTE = 1.5  # base64 and the pieces' own words


class Stills:
    """One for a connection. `wanted` names the pictures that are paused: they take turns."""

    def __init__(self, lane: SlowLane, slots: dict[str, FrameSlot]) -> None:
        self._lane = lane
        self._slots = slots
        self.wanted: tuple[str, ...] = ()
        self._sent = 0

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            pictures = [(what, frame) for what in self.wanted if (frame := self._slots[what].latest())]
            if not pictures or self._lane.waiting > AHEAD:
                await asyncio.sleep(_LOOK_S)
                continue
            what, picture = pictures[self._sent % len(pictures)]
            self._sent += 1
            taken_at = datetime.now().astimezone()
            try:
                jpeg = await asyncio.to_thread(still_jpeg, picture, self._bytes())
                for text in wire.parts(wire.still(what, taken_at, jpeg), uuid4()):
                    self._lane.put(text)
            except ValueError as error:
                log.warning("no still of the %s: %s", what, error)
            await asyncio.sleep(PERIOD_S)

    def _bytes(self) -> int:
        """What can be sent until the next one is due; beside a sound that is on its way the least."""
        rate_bps = self._lane.rate_bps
        if self._lane.expects_more():
            return _BYTES_MIN
        if rate_bps is None:
            return _BYTES_MAX
        return round(min(_BYTES_MAX, max(_BYTES_MIN, rate_bps / 8 * PERIOD_S / _TEXT_PER_BYTE)))
