"""Nonin Xpod 3012LP: a sensor cable that streams data format 2 as soon as it has power.

Source: Nonin 9560 OEM specification 6470-000-01 (formats), Xpod 3012LP (USB bridge).
"""

from devices.device import Device, Event, FrameError, Rejected, SerialMatch, SignalState
from devices.framing import LengthFramer
from devices.measuring import quantity
from devices.metrics import PLETH, PULSE_RATE, SPO2
from devices.nonin import (
    FRAME_BYTES,
    FRAMES,
    Frame,
    decimal,
    describe_format_2,
    describe_format_7,
    describe_format_8,
    describe_format_13,
    values,
)
from devices.reading import Absent, Kind, Quality, Quantity
from devices.streamed import StreamedOximeter

FRAMES_HZ = 75
SAMPLES_PER_CHUNK = 5
_HEAD = 2
_SMARTPOINT = 0x20
_FORGET_FRAMES = 3 * FRAMES  # numbers older than a second are not today's
_NOTHING: dict[str, int | None] = {"hr": None, "spo2": None, "stat2": 0}


class Decoder:
    """Numbers once in 25 frames, the wave in each. Before its first whole packet it is searching."""

    def __init__(self) -> None:
        self._framer = LengthFramer(b"\x01", _HEAD, lambda head: FRAME_BYTES if head[1] & 0x80 else 0)
        self._stream = StreamedOximeter(FRAMES_HZ, SAMPLES_PER_CHUNK)
        self._packet: list[Frame] = []
        self._bytes = bytearray()
        self._known = _NOTHING
        self._frames_since = 0
        self._raw = b""

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        """Bytes of the serial stream, cut anywhere."""
        return [event for part in self._framer.split(data) for event in self._part(part)]

    def _part(self, part: bytes | Rejected) -> list[Event]:
        try:
            if isinstance(part, Rejected):
                raise FrameError(part.reason)
            frame = Frame.format_2(part)
        except FrameError as error:
            self._packet.clear()
            raw = part.raw if isinstance(part, Rejected) else part
            return self._stream.rejected(Rejected(str(error), raw))
        self._collect(frame, part)
        return self._stream.frame(
            self._state(frame), frame.pleth, self._quantities(frame), self._raw or part, self._quality(frame)
        )

    def _collect(self, frame: Frame, part: bytes) -> None:
        self._frames_since += 1
        if self._frames_since > _FORGET_FRAMES:
            self._known = _NOTHING
        if frame.sync:
            self._packet.clear()
            self._bytes.clear()
        elif not self._packet:
            return  # in the middle of a packet
        self._packet.append(frame)
        self._bytes += part
        if len(self._packet) == FRAMES:
            self._known = values(tuple(each.value for each in self._packet))
            self._raw, self._frames_since = bytes(self._bytes), 0
            self._packet.clear()

    def _state(self, frame: Frame) -> SignalState:
        if frame.sensor_alarm:
            return SignalState.SENSOR_OFF
        if self._known["hr"] is None and self._known["spo2"] is None:
            return SignalState.SEARCHING
        return SignalState.POOR_SIGNAL if frame.out_of_track else SignalState.MEASURING

    def _quantities(self, frame: Frame) -> tuple[Quantity, ...]:
        if frame.sensor_alarm:
            return tuple(Quantity(metric, absent=Absent.SENSOR_OFF) for metric in (SPO2, PULSE_RATE))
        known = self._known
        return (quantity(SPO2, decimal(known["spo2"])), quantity(PULSE_RATE, decimal(known["hr"])))

    def _quality(self, frame: Frame) -> frozenset[Quality]:
        marks = {
            Quality.LOW_PERFUSION: frame.low_perfusion,
            Quality.POOR_SIGNAL: frame.out_of_track,
            Quality.EARLY_ESTIMATE: not (self._known["stat2"] or 0) & _SMARTPOINT,
        }
        return frozenset(mark for mark, is_set in marks.items() if is_set)


DEVICE = Device(
    key="nonin_xpod",
    name="Nonin Xpod 3012LP",
    kind=Kind.OXIMETER,
    match=SerialMatch(usb_ids=((0x0403, 0x6001),), baud=9600),
    metrics=(SPO2, PULSE_RATE, PLETH),
    reference="Nonin 9560 OEM specification 6470-000-01, data format 2",
    limits="its USB bridge is one that many devices have; the other formats are described, not streamed",
    decoder=Decoder,
    protocols=(
        ("nonin_df2", describe_format_2),
        ("nonin_df7", describe_format_7),
        ("nonin_df8", describe_format_8),
        ("nonin_df13", describe_format_13),
    ),
)
