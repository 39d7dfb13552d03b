"""Masimo MightySat: its own frames, whether or not it has the oximeter service as well.

Sources: a reader that was watched with a MightySat Rx of firmware 1.0.6.3, and, for what the exceptions mean,
a transcription of Masimo's CSD-1322B; the two agree on every frame. Whether a bond is needed is not known.
"""

from dataclasses import dataclass
from decimal import Decimal

from devices.crc import crc8
from devices.device import BleMatch, Device
from devices.event import Event, FrameError, Rejected, Samples, SignalState
from devices.framing import LengthFramer
from devices.gatt import FramedDecoder
from devices.measuring import quantity, sensor_off
from devices.metrics import PERFUSION_INDEX, PLETH, PULSE_RATE, SPO2
from devices.reading import Kind, Quality, Quantity
from devices.streamed import StreamedOximeter

SERVICE = "54c21000-a720-4b4f-11e4-9fe20002a5d5"
WRITE = "54c21001-a720-4b4f-11e4-9fe20002a5d5"
NOTIFY = "54c21002-a720-4b4f-11e4-9fe20002a5d5"
ASK = b"\x01"  # who it is
STREAM = b"\x03\x1f\x00\x03"  # all five numbers, the wave and its quality
_START, _HEAD = b"\x77", 2
_LONGEST = 64
_WAVE, _NUMBERS, _REFUSED = 0x04, 0x05, 0xFF
_NUMBERS_BYTES, _WAVE_PERIOD_MS = 16, Decimal(32)
_SENSOR_OFF, _SEARCHING, _INTERFERENCE, _LOW_PERFUSION = (1 << bit for bit in (21, 22, 23, 24))
_LOW_CONFIDENCE, _INVALID, _STARTING = 1, 4, 16
_NO_VALUE = (0, 255)
_NO_INDEX = (0, 65535)


def request(payload: bytes) -> bytes:
    """A command. The kiosk sends ASK and STREAM: its clock and its records are left alone."""
    if payload not in (ASK, STREAM):
        raise ValueError(f"command {payload.hex()} is not allowed")
    return _START + bytes((len(payload) + 1,)) + payload + bytes((crc8(payload),))


def unpack(frame: bytes) -> bytes:
    """The payload, an opcode first. Raises FrameError."""
    if len(frame) <= _HEAD + 1 or not frame.startswith(_START) or len(frame) != _HEAD + frame[1]:
        raise FrameError("not a frame")
    if crc8(frame[_HEAD:-1]) != frame[-1]:
        raise FrameError("wrong checksum")
    return frame[_HEAD:-1]


@dataclass(frozen=True, slots=True)
class Numbers:
    """`None` is "no value". `doubts`: the exceptions of SpO2 and pulse rate together."""

    exceptions: int
    doubts: int
    spo2: int | None
    pr: int | None
    pvi: int | None
    pi: Decimal | None
    rr: int | None

    @classmethod
    def parse(cls, payload: bytes) -> "Numbers":
        """Raises FrameError."""
        if len(payload) != _NUMBERS_BYTES or payload[0] != _NUMBERS:
            raise FrameError("no numbers")
        index = int.from_bytes(payload[12:14], "little")
        return cls(
            exceptions=int.from_bytes(payload[1:5], "little"),
            doubts=payload[5] | payload[7],
            spo2=_valid(payload[5], payload[6]),
            pr=_valid(payload[7], payload[8]),
            pvi=_valid(payload[9], payload[10]),
            pi=None if payload[11] & _INVALID or index in _NO_INDEX else Decimal(index).scaleb(-2),
            rr=_valid(payload[14], payload[15]),
        )

    def state(self) -> SignalState:
        if self.exceptions & _SENSOR_OFF:
            return SignalState.SENSOR_OFF
        if self.exceptions & _SEARCHING or (self.spo2 is None and self.pr is None):
            return SignalState.SEARCHING
        return SignalState.POOR_SIGNAL if self.exceptions & _INTERFERENCE else SignalState.MEASURING

    def quantities(self) -> tuple[Quantity, ...]:
        if self.exceptions & _SENSOR_OFF:
            return sensor_off(SPO2, PULSE_RATE, PERFUSION_INDEX)
        return (
            quantity(SPO2, self.spo2), quantity(PULSE_RATE, self.pr), quantity(PERFUSION_INDEX, self.pi),
        )  # fmt: skip

    def quality(self) -> frozenset[Quality]:
        marks = {
            Quality.POOR_SIGNAL: self.exceptions & _INTERFERENCE,
            Quality.LOW_PERFUSION: self.exceptions & _LOW_PERFUSION,
            Quality.QUESTIONABLE: self.doubts & _LOW_CONFIDENCE,
            Quality.EARLY_ESTIMATE: self.doubts & _STARTING,
        }
        return frozenset(mark for mark, bits in marks.items() if bits)


def _valid(exception: int, value: int) -> int | None:
    return None if exception & _INVALID or value in _NO_VALUE else value


def _size_of(head: bytes) -> int:
    size = _HEAD + head[1]
    return size if _HEAD + 1 < size <= _LONGEST else 0


class Decoder(FramedDecoder):
    """Numbers once a second, and seven samples of pleth with an ordinal in between."""

    def __init__(self) -> None:
        super().__init__(
            NOTIFY, LengthFramer(_START, _HEAD, _size_of, lambda frame: crc8(frame[_HEAD:-1]) == frame[-1])
        )
        self._stream = StreamedOximeter(1)
        self._next_ordinal: int | None = None

    def _frame(self, frame: bytes) -> list[Event]:
        payload = unpack(frame)
        if payload[0] == _NUMBERS:
            return self._numbers(Numbers.parse(payload), frame)
        if payload[0] == _WAVE:
            return self._wave(payload)
        return [Rejected("it refuses", frame)] if payload[0] == _REFUSED else []

    def _numbers(self, seen: Numbers, raw: bytes) -> list[Event]:
        return self._stream.frame(seen.state(), None, seen.quantities(), raw, seen.quality())

    def _wave(self, payload: bytes) -> list[Event]:
        ordinal, pleth = payload[1:2], payload[2::2]
        if not pleth:
            return []
        gap = self._next_ordinal not in (None, ordinal[0])
        self._next_ordinal = (ordinal[0] + 1) & 0xFF
        signed = tuple(sample - 256 if sample & 0x80 else sample for sample in pleth)
        return [Samples(PLETH, _WAVE_PERIOD_MS, signed, gap)]


def describe(data: bytes) -> dict[str, object]:
    """Any frame. Raises FrameError."""
    payload = unpack(data)
    return {"len": data[1], "payload": payload.hex()}


def describe_live(data: bytes) -> dict[str, object]:
    """A frame of numbers. Raises FrameError."""
    seen = Numbers.parse(unpack(data))
    described: dict[str, object] = {name: getattr(seen, name) for name in Numbers.__slots__}
    return described | {"pi": None if seen.pi is None else float(seen.pi)}


DEVICE = Device(
    key="masimo_mightysat",
    name="Masimo MightySat",
    kind=Kind.OXIMETER,
    match=BleMatch(
        SERVICE,
        (NOTIFY,),
        names=("MightySat",),
        announced=False,
        write=WRITE,
        start=(request(ASK), request(STREAM)),
    ),
    metrics=(SPO2, PULSE_RATE, PERFUSION_INDEX, PLETH),
    reference="CSD-1322B as transcribed; captures of a MightySat Rx",
    experimental=True,
    limits="respiration and PVI are not kept",
    decoder=Decoder,
    protocols=(("masimo", describe), ("masimo_live", describe_live)),
)
