"""What the physician's page must know: sent as it happens, and sent again on every new connection."""

from collections.abc import Sequence
from uuid import UUID

from devices.reading import DeviceIdentity, Reading, Waveform
from drivers.instrument import InstrumentStatus
from kiosk.call import page_messages, wire
from kiosk.call.channels import Channels
from kiosk.call.clip_sender import ClipSender
from kiosk.call.slow_lane import SlowLane
from kiosk.clip import CONTENT_TYPE
from kiosk.events import SoundQuality


class LiveFeed:
    """The session's readings, numbered from 1 in the order they came; instruments; what is switched on."""

    def __init__(self) -> None:
        self._channels: Channels | None = None
        self._lane: SlowLane | None = None
        self._page = ""
        self._seen: set[UUID] = set()
        self._sent: set[UUID] = set()
        self._known: dict[DeviceIdentity, tuple[int, Reading]] = {}  # the page has it: the next is shorter
        self._readings: dict[UUID, tuple[int, Reading]] = {}
        self._instruments: tuple[InstrumentStatus, ...] = ()
        self._media = (False, False, False)
        self._video = (False, False)
        self._stethoscope_live = True
        self._sound = SoundQuality.LISTENING
        self.clips = ClipSender()

    def connect(self, channels: Channels, lane: SlowLane, hello: str) -> None:
        """A channel has opened: what is the case now, then what the page has not shown yet."""
        self._channels, self._lane = channels, lane
        self._sent.clear()
        self._known.clear()  # it may be a reloaded page
        channels.clip_wanted = self._clip_wanted
        self.clips.connect(lane)
        lane.expects_more = lambda: self.clips.busy
        channels.send_live(hello)
        channels.send_live(wire.instruments(self._instruments))
        channels.send_live(self._media_message())
        channels.send_live(wire.video(*self._video))  # decided before the channel was there, on a narrow line
        self._catch_up()

    def disconnect(self) -> None:
        self._channels = self._lane = None
        self._video = (False, False)
        self.clips.disconnect()

    def page(self, page_id: str) -> None:
        """Which page it is: another one than before, or one that was reloaded, knows nothing."""
        if page_id != self._page:
            self._page = page_id
            self._seen.clear()
            self._catch_up()

    def seen(self, ids: Sequence[UUID]) -> None:
        self._seen.update(ids)
        for sequence, reading in filter(None, map(self._readings.get, ids)):
            self._known[reading.identity] = sequence, reading

    def _catch_up(self) -> None:
        """The newest first: it is what the physician waits for."""
        missing = self._readings.keys() - self._seen - self._sent
        self._sent |= missing
        for sequence, reading in reversed(self._readings.values()):
            if reading.id in missing and self._lane is not None:
                self._lane.put(wire.reading(reading, sequence, history=True))

    def reading(self, reading: Reading, history: bool) -> None:
        """A reading that is known already is not numbered twice."""
        if reading.id in self._readings:
            return
        sequence = len(self._readings) + 1
        self._readings[reading.id] = (sequence, reading)
        like = None if history else self._known.get(reading.identity)
        text = wire.reading(reading, sequence, history, like)
        if self._channels is None or self._lane is None:
            return
        self._sent.add(reading.id)
        if self._channels.readings_wait:
            self._lane.put(text, first=True)  # the newest is what the physician waits for
        else:
            self._channels.send_reading(text, twice=not any(self._video))

    def waveform(self, waveform: Waveform) -> None:
        if self._channels is not None:
            self._channels.send_wave(wire.waveform(waveform))

    def instruments(self, statuses: Sequence[InstrumentStatus]) -> None:
        self._instruments = tuple(statuses)
        self._send(wire.instruments(self._instruments))

    def media(self, otoscope: bool, stethoscope: bool, muted: bool) -> None:
        self._media = (otoscope, stethoscope, muted)
        if not stethoscope:
            self._sound = SoundQuality.LISTENING
        self._send(self._media_message())

    def stethoscope_live(self, live: bool) -> None:
        """Whether the line can carry its sound as it is heard; the page says which of the two it plays."""
        if live != self._stethoscope_live:
            self._stethoscope_live = live
            self._send(self._media_message())

    def sound(self, quality: SoundQuality) -> None:
        """What the kiosk says of the stethoscope's sound; nothing while it is put away."""
        if self._media[1] and quality is not self._sound:
            self._sound = quality
            self._send(self._media_message())

    def _media_message(self) -> str:
        return wire.media(*self._media, self._stethoscope_live, self._sound)

    def _clip_wanted(self, wanted: page_messages.ClipWanted) -> None:
        """Only a sound of this session's record is ever sent."""
        _, reading = self._readings.get(wanted.id, (0, None))
        if reading is not None and reading.attachment and reading.attachment.content_type == CONTENT_TYPE:
            self.clips.want(reading, wanted.first)

    def video(self, face_paused: bool, otoscope_paused: bool) -> None:
        if (face_paused, otoscope_paused) != self._video:
            self._video = (face_paused, otoscope_paused)
            self._send(wire.video(*self._video))

    def pong(self, ping_id: str | int) -> None:
        self._send(wire.pong(ping_id))

    def guest(self, room: str, allowed: bool) -> None:
        self._send(wire.guest(room, allowed))

    def end(self, reason: str) -> None:
        self._send(wire.end(reason))

    def _send(self, text: str) -> None:
        if self._channels is not None:
            self._channels.send_live(text)
