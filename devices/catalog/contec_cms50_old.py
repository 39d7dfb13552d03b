"""Contec CMS50D+ up to firmware 4.5, and older CMS50E/F: the five-byte protocol over its USB serial bridge.

It streams as soon as it is on. A record is downloaded after a command; only its parts are described here.
Source: as implemented independently by atbrask/CMS50Dplus and OSCAR, and a download from a device.
"""

from dataclasses import dataclass

from devices import five_bytes
from devices.device import Device, Event, FrameError, SerialMatch, SignalState
from devices.metrics import PLETH, PULSE_RATE, SPO2
from devices.reading import Kind, Quality, Quantity

FRAMES_HZ = 60
SAMPLES_PER_CHUNK = 6
_RECORD_BYTES = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """`None` is "no value". `finger_out`: it has been searching for too long."""

    signal: int
    finger_out: bool
    spo2_dropping: bool
    beep: bool
    pleth: int
    bar: int
    probe_error: bool
    searching: bool
    pr: int | None
    spo2: int | None

    @classmethod
    def parse(cls, data: bytes) -> "Frame":
        """Raises FrameError."""
        return cls(*five_bytes.fields(data))

    def state(self) -> SignalState:
        if self.finger_out or self.probe_error:
            return SignalState.SENSOR_OFF
        return SignalState.SEARCHING if self.searching else SignalState.MEASURING

    def quantities(self) -> tuple[Quantity, ...]:
        return five_bytes.quantities(self.state(), self.spo2, self.pr)

    def quality(self) -> frozenset[Quality]:
        return frozenset()


class Decoder:
    """The live stream, cut anywhere."""

    def __init__(self) -> None:
        self._stream = five_bytes.FrameStream(Frame.parse, FRAMES_HZ, SAMPLES_PER_CHUNK)

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        return self._stream.feed(data)


def describe_live(data: bytes) -> dict[str, object]:
    """One frame of the stream. Raises FrameError."""
    frame = Frame.parse(data)
    return {name: getattr(frame, name) for name in Frame.__slots__}


def describe_length(data: bytes) -> dict[str, object]:
    """How long a stored record is. Raises FrameError."""
    if len(data) != 3 or data[0] < 0x80 or data[1] < 0x80 or data[2] >= 0x80:
        raise FrameError("not a length of three bytes")
    size = ((data[0] & 0x7F) << 14 | (data[1] & 0x7F) << 7 | data[2]) + 1
    if size % _RECORD_BYTES:
        raise FrameError("not a whole number of records")
    return {"bytes": size}


def describe_record(data: bytes) -> dict[str, object]:
    """One second of a stored record. Raises FrameError."""
    if len(data) != _RECORD_BYTES or data[0] & 0xFE != 0xF0 or data[1] < 0x80 or data[2] >= 0x80:
        raise FrameError("not a record of three bytes")
    pulse = (data[0] & 1) << 7 | data[1] & 0x7F
    return {"pr": five_bytes.pulse_rate(pulse), "spo2": five_bytes.saturation(data[2])}


DEVICE = Device(
    key="contec_cms50_old",
    name="Contec CMS50D+ (old)",
    kind=Kind.OXIMETER,
    match=SerialMatch(usb_ids=((0x10C4, 0xEA60),), baud=19200, parity="O"),
    metrics=(SPO2, PULSE_RATE, PLETH),
    reference="atbrask/CMS50Dplus, OSCAR; firmware up to 4.5, and CMS50E/F",
    limits="live values; its records are described, not downloaded",
    decoder=Decoder,
    protocols=(
        ("contec_old_live", describe_live),
        ("contec_old_length", describe_length),
        ("contec_old_record", describe_record),
    ),
)
