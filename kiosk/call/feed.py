"""What the physician's page must know: sent as it happens, and sent again on every new connection."""

from collections.abc import Sequence
from uuid import UUID

from devices.reading import Reading, Waveform
from drivers.instrument import InstrumentStatus
from kiosk.call import wire
from kiosk.call.channels import Channels


class LiveFeed:
    """The session's readings, numbered from 1 in the order they came; instruments; what is switched on."""

    def __init__(self) -> None:
        self._channels: Channels | None = None
        self._readings: dict[UUID, tuple[int, Reading]] = {}
        self._instruments: tuple[InstrumentStatus, ...] = ()
        self._media = (False, False, False)

    def connect(self, channels: Channels, hello: str) -> None:
        """A channel has opened: everything so far goes first."""
        self._channels = channels
        channels.send_live(hello)
        channels.send_live(wire.instruments(self._instruments))
        channels.send_live(wire.media(*self._media))
        for sequence, reading in self._readings.values():
            channels.send_live(wire.reading(reading, sequence, history=True))

    def disconnect(self) -> None:
        self._channels = None

    def reading(self, reading: Reading, history: bool) -> None:
        """A reading that is known already is not numbered twice."""
        if reading.id in self._readings:
            return
        sequence = len(self._readings) + 1
        self._readings[reading.id] = (sequence, reading)
        self._send(wire.reading(reading, sequence, history))

    def waveform(self, waveform: Waveform) -> None:
        if self._channels is not None:
            self._channels.send_wave(wire.waveform(waveform))

    def instruments(self, statuses: Sequence[InstrumentStatus]) -> None:
        self._instruments = tuple(statuses)
        self._send(wire.instruments(self._instruments))

    def media(self, otoscope: bool, stethoscope: bool, muted: bool) -> None:
        self._media = (otoscope, stethoscope, muted)
        self._send(wire.media(*self._media))

    def pong(self, ping_id: str | int) -> None:
        self._send(wire.pong(ping_id))

    def end(self, reason: str) -> None:
        self._send(wire.end(reason))

    def _send(self, text: str) -> None:
        if self._channels is not None:
            self._channels.send_live(text)
