"""Nonin Xpod 3012LP: a sensor cable that streams data format 2 as soon as it has power.

Source: Nonin 9560 OEM specification 6470-000-01 (formats), Xpod 3012LP (USB bridge).
"""

from collections.abc import Callable

from devices.device import Device, SerialMatch
from devices.event import Event, Rejected, SignalState
from devices.framing import LengthFramer
from devices.measuring import quantity, sensor_off
from devices.metrics import PLETH, PULSE_RATE, SPO2
from devices.nonin import FRAMES, Frame, describe_format_2, framer_2, values
from devices.reading import Kind, Quality, Quantity
from devices.streamed import StreamedOximeter

FRAMES_HZ = 75
SAMPLES_PER_CHUNK = 5
_SMARTPOINT = 0x20
_FORGET_FRAMES = 3 * FRAMES  # numbers older than a second are not today's
_NOTHING: dict[str, int | None] = {"hr": None, "spo2": None, "stat2": 0}


class Decoder:
    """Numbers once in 25 frames, the wave in each. Before its first whole packet it is searching.

    `framer` and `parse` are of one format, 2 or 7: `parse` takes what `framer` found sound.
    """

    def __init__(
        self, framer: Callable[[], LengthFramer] = framer_2, parse: Callable[[bytes], Frame] = Frame.format_2
    ) -> None:
        self._framer = framer()
        self._parse = parse
        self._stream = StreamedOximeter(FRAMES_HZ, SAMPLES_PER_CHUNK)
        self._packet: list[tuple[Frame, bytes]] = []
        self._known = _NOTHING
        self._marks: frozenset[Quality] = frozenset()
        self._raw = b""
        self._frames_since = 0

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """Bytes of the serial stream, cut anywhere."""
        return [event for part in self._framer.split(data) for event in self._part(part)]

    def _part(self, part: bytes | Rejected) -> list[Event]:
        if isinstance(part, Rejected):
            self._packet.clear()
            return self._stream.rejected(part)
        frame = self._parse(part)
        self._collect(frame, part)
        return self._stream.frame(
            self._state(frame), frame.pleth, self._quantities(frame), self._raw or part, self._marks
        )

    def _collect(self, frame: Frame, part: bytes) -> None:
        """A packet is whole when the next one begins: frames may be missing that nobody has noticed."""
        self._frames_since += 1
        if self._frames_since > _FORGET_FRAMES:
            self._known, self._marks = _NOTHING, frozenset()
        if frame.sync:
            if len(self._packet) == FRAMES:
                self._take()
            self._packet.clear()
        elif not self._packet or len(self._packet) > FRAMES:
            return  # in the middle of a packet
        self._packet.append((frame, part))

    def _take(self) -> None:
        frames = [frame for frame, _ in self._packet]
        self._known = values(tuple(frame.value for frame in frames))
        self._raw, self._frames_since = b"".join(part for _, part in self._packet), 0
        marks = {  # a mark lasts for a part of a pulse only
            Quality.LOW_PERFUSION: any(frame.low_perfusion for frame in frames),
            Quality.POOR_SIGNAL: any(frame.out_of_track or frame.artifact for frame in frames),
            Quality.EARLY_ESTIMATE: not (self._known["stat2"] or 0) & _SMARTPOINT,
        }
        self._marks = frozenset(mark for mark, is_set in marks.items() if is_set)

    def _state(self, frame: Frame) -> SignalState:
        if frame.sensor_alarm:
            return SignalState.SENSOR_OFF
        if self._known["hr"] is None and self._known["spo2"] is None:
            return SignalState.SEARCHING
        return SignalState.POOR_SIGNAL if frame.out_of_track else SignalState.MEASURING

    def _quantities(self, frame: Frame) -> tuple[Quantity, ...]:
        if frame.sensor_alarm:
            return sensor_off(SPO2, PULSE_RATE)
        return (quantity(SPO2, self._known["spo2"]), quantity(PULSE_RATE, self._known["hr"]))


DEVICE = Device(
    key="nonin_xpod",
    name="Nonin Xpod 3012LP",
    kind=Kind.OXIMETER,
    match=SerialMatch(usb_ids=((0x0403, 0x6001),), baud=9600),
    metrics=(SPO2, PULSE_RATE, PLETH),
    reference="Nonin 9560 OEM specification 6470-000-01, data format 2",
    limits="its USB bridge is one that many devices have",
    decoder=Decoder,
    protocols=(("nonin_df2", describe_format_2),),
)
