"""The otoscope and the stethoscope of a consultation: helper and physician may both switch and keep.

And what an instrument has recorded: the helper alone may ask for it.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any

from devices.reading import Kind, Reading
from drivers.orientation import AS_IT_COMES, Orientation
from kiosk.call_desk import CallDesk
from kiosk.events import Event, Notice, NoticeReason, PictureFrozen, SoundHeard
from kiosk.hub import Hub
from kiosk.instruments import CaptureError, Instruments
from kiosk.recording_reader import RecordingReader
from kiosk.sound_meter import SoundMeter
from kiosk.sound_recorder import SoundRecorder

PLACED_AFTER_S = 5.0
log = logging.getLogger(__name__)


class Examination:
    """`what` is "otoscope" or "stethoscope". What is kept becomes a reading of the session."""

    def __init__(
        self, instruments: Instruments, hub: Hub, desk: CallDesk, emit: Callable[[Event], None]
    ) -> None:
        self._instruments = instruments
        self._hub = hub
        self._desk = desk
        self._emit = emit
        self._recorder = SoundRecorder(self._keep_sound, desk.set_recording)
        self.recordings = RecordingReader(instruments.recall, emit)
        self.meter = SoundMeter(instruments.stethoscope, self._sound_heard)
        self._stethoscope_since_s = 0.0
        self._live = True
        instruments.on_button = self._button

    async def stop(self) -> None:
        """Nothing is kept of a recording that has not ended, nor how the otoscope was held."""
        self._orient(AS_IT_COMES)
        self.recordings.stop()
        await self._recorder.stop()

    def turn(self) -> None:
        """The otoscope's picture by 90 degrees clockwise, for everybody who sees it."""
        self._orient(self._instruments.otoscope.orientation.quarter_turn())

    def mirror(self) -> None:
        """The otoscope's picture left to right, or back."""
        self._orient(self._instruments.otoscope.orientation.mirror())

    def freeze(self) -> bool:
        """Hold the picture of now. One that waits for its ear is not replaced: the helper is asked again."""
        waits = self._instruments.holds_picture
        if waits:
            self._emit(PictureFrozen(first_waits=True))
        return not waits and self._instruments.freeze()

    def drop(self, answered: bool) -> None:
        """The held picture is not kept; the helper is told so, unless that was the answer."""
        if self._instruments.drop_frozen() and not answered:
            self._emit(Notice(NoticeReason.PICTURE_NOT_KEPT))

    def _button(self) -> None:
        """As the screen's: the picture is of now, and the helper is asked of which ear it is."""
        if self._instruments.otoscope_on and self.freeze():
            self._emit(PictureFrozen())

    def _orient(self, orientation: Orientation) -> None:
        self._instruments.otoscope.orient(orientation)
        self._desk.set_mirrored(orientation.mirrored)

    async def switch(self, what: str, on: bool) -> None:
        """One that is not there stays switched on until it is plugged in; the helper is asked to do so."""
        if on and not self._hub.has(Kind(what)):
            self._emit(Notice(NoticeReason.INSTRUMENT_MISSING, what))
        if what == "stethoscope" and on and not self._instruments.stethoscope_on:
            self._stethoscope_since_s = time.monotonic()
        await self._instruments.switch(what, on)
        self._desk.set_media(self._instruments.otoscope_on, self._instruments.stethoscope_on)

    async def keep(self, what: str, site: str = "") -> None:
        """A picture of now, or some seconds of sound; `site` says where on the body."""
        if what == "stethoscope":
            await self._recorder.at(site)
        else:
            await self._capture(what, self._instruments.capture(what, site))

    async def keep_frozen(self, site: str) -> None:
        """The picture that was frozen; `site` says of which ear it is."""
        await self._capture("otoscope", self._instruments.keep_frozen(site))

    async def stethoscope_live(self, live: bool) -> None:
        """The line became too narrow for the sound that is being listened to: record it instead, by itself.

        One that was just switched on gets a moment to come onto the body. What the helper records goes on.
        """
        self._live = live
        if not live:
            placed_s = self._stethoscope_since_s + PLACED_AFTER_S - time.monotonic()
            await self._record_after(max(0.0, placed_s), unless_busy=True)

    async def pointed(self) -> None:
        """The physician asked for a point: on such a line it is recorded by itself too, once it is there."""
        if not self._live:
            await self._record_after(PLACED_AFTER_S, unless_busy=False)

    async def _record_after(self, moment_s: float, *, unless_busy: bool) -> None:
        """Where the physician has asked for; not if that is elsewhere by then, or the sound live again."""
        before = self._stethoscope_since_s, self._desk.point
        await asyncio.sleep(moment_s)
        same = before == (self._stethoscope_since_s, self._desk.point) and self._instruments.stethoscope_on
        if same and not self._live and not (unless_busy and self._recorder.busy):
            await self.keep("stethoscope", self._desk.point)

    def _sound_heard(self, heard: SoundHeard) -> None:
        self._emit(heard)
        self._desk.set_sound(heard.quality)

    async def _keep_sound(self, site: str) -> None:
        recorded = await self._capture("stethoscope", self._instruments.capture("stethoscope", site))
        if recorded and site == self._desk.point:
            self._desk.physician_points("")  # that has been done

    async def _capture(self, what: str, capture: Coroutine[Any, Any, Reading]) -> bool:
        try:
            reading = await capture
        except CaptureError as error:
            log.warning("%s not kept: %s", what, error)
            self._emit(Notice(NoticeReason.RECORDING_FAILED, what))
            return False
        await self._hub.reading(reading)
        return True
