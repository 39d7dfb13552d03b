"""Contec CMS50D+ up to firmware 4.5, and older CMS50E/F: the five-byte protocol over its USB serial bridge.

It streams as soon as it is on, and hands over its one recording when it is asked for it.
Source: as implemented independently by atbrask/CMS50Dplus and OSCAR, and a download from a device.
"""

from dataclasses import dataclass

from devices import contec_old_recording, five_bytes
from devices.device import Device, SerialMatch
from devices.event import SignalState
from devices.metrics import PLETH, PULSE_RATE, SPO2
from devices.reading import Kind, Quality, Quantity
from devices.recording import METRICS, WithRecordings

FRAMES_HZ = 60
SAMPLES_PER_CHUNK = 6


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


class Decoder(WithRecordings):
    """The stream, cut anywhere, and its recording."""

    def __init__(self) -> None:
        super().__init__(_stream, contec_old_recording.Download)


def _stream() -> five_bytes.FrameStream[Frame]:
    return five_bytes.FrameStream(Frame.parse, FRAMES_HZ, SAMPLES_PER_CHUNK)


def describe_live(data: bytes) -> dict[str, object]:
    """One frame of the stream. Raises FrameError."""
    frame = Frame.parse(data)
    return {name: getattr(frame, name) for name in Frame.__slots__}


def describe_length(data: bytes) -> dict[str, object]:
    """How long a stored recording is. Raises FrameError."""
    return {"bytes": contec_old_recording.length(data)}


def describe_record(data: bytes) -> dict[str, object]:
    """One second of a stored recording. Raises FrameError."""
    pulse, spo2 = contec_old_recording.second(data)
    return {"pr": pulse, "spo2": spo2}


DEVICE = Device(
    key="contec_cms50_old",
    name="Contec CMS50D+ (old)",
    kind=Kind.OXIMETER,
    match=SerialMatch(
        usb_ids=((0x10C4, 0xEA60),),
        baud=19200,
        parity="O",
        may_send=contec_old_recording.may_send,
    ),
    metrics=(SPO2, PULSE_RATE, PLETH, *METRICS),
    reference="atbrask/CMS50Dplus, OSCAR; firmware up to 4.5, and CMS50E/F",
    recordings=True,
    limits="a recording has no date: it knows an hour at most",
    decoder=Decoder,
    protocols=(
        ("contec_old_live", describe_live),
        ("contec_old_length", describe_length),
        ("contec_old_record", describe_record),
    ),
)
