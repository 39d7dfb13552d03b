"""Viatom PC-60FW fingertip oximeters: numbers once a second, over a service that many other things have too.

Source: the layout on which LepuBle and viatom_pc60fw agree. The rate of its wave is not known: the samples
are described, never shown.
"""

from dataclasses import dataclass
from decimal import Decimal

from devices.crc import crc8_maxim
from devices.device import BleMatch, Device, Event, FrameError, SignalState
from devices.framing import LengthFramer
from devices.gatt import FramedDecoder
from devices.measuring import quantity, sensor_off
from devices.metrics import PERFUSION_INDEX, PULSE_RATE, SPO2
from devices.reading import Kind, Quantity
from devices.streamed import StreamedOximeter

SERVICE = "6e400001-b5a3-f393-e0a9-e50e24dcca9e"
NOTIFY = "6e400003-b5a3-f393-e0a9-e50e24dcca9e"
_START = b"\xaa\x55"
_HEAD = 4  # start, token, length of what follows
_TOKEN_LIVE, _TOKEN_DEVICE = 0x0F, 0xF0
_NUMBERS, _WAVE, _BATTERY = 1, 2, 3
_NUMBERS_BYTES = 5  # SpO2, rate of two bytes, index, status
_NO_SPO2, _NO_PULSE = (0, 127, 255), (0, 255, 65535)


def unpack(frame: bytes) -> tuple[int, int, bytes]:
    """Token, type, data. Raises FrameError."""
    if len(frame) < _HEAD + 2 or frame[:2] != _START or len(frame) != _HEAD + frame[3]:
        raise FrameError("not a frame")
    if crc8_maxim(frame[:-1]) != frame[-1]:
        raise FrameError("wrong checksum")
    return frame[2], frame[_HEAD], frame[_HEAD + 1 : -1]


@dataclass(frozen=True, slots=True)
class Numbers:
    """`None` is "no value"."""

    spo2: int | None
    pr: int | None
    pi: Decimal
    probe_off: bool
    searching: bool

    @classmethod
    def parse(cls, data: bytes) -> "Numbers":
        """Raises FrameError."""
        if len(data) < _NUMBERS_BYTES:
            raise FrameError("too short for numbers")
        rate = int.from_bytes(data[1:3], "little")
        return cls(
            spo2=None if data[0] in _NO_SPO2 else data[0],
            pr=None if rate in _NO_PULSE else rate,
            pi=Decimal(data[3]).scaleb(-1),
            probe_off=bool(data[4] & 0x02),
            searching=bool(data[4] & 0x04),
        )

    def state(self) -> SignalState:
        if self.probe_off:
            return SignalState.SENSOR_OFF
        return SignalState.SEARCHING if self.searching else SignalState.MEASURING

    def quantities(self) -> tuple[Quantity, ...]:
        metrics = (SPO2, PULSE_RATE, PERFUSION_INDEX)
        if self.probe_off:
            return sensor_off(*metrics)
        numbers = (self.spo2, self.pr, self.pi)
        return tuple(
            quantity(metric, number, invalid=(0,)) for metric, number in zip(metrics, numbers, strict=True)
        )


class Decoder(FramedDecoder):
    """Frames that are no numbers (waves, the battery) are ignored."""

    def __init__(self) -> None:
        framer = LengthFramer(
            _START, _HEAD, lambda head: _HEAD + head[3], lambda frame: crc8_maxim(frame[:-1]) == frame[-1]
        )
        super().__init__(NOTIFY, framer)
        self._stream = StreamedOximeter(1)

    def _frame(self, frame: bytes) -> list[Event]:
        token, kind, data = unpack(frame)
        if (token, kind) != (_TOKEN_LIVE, _NUMBERS):
            return []
        numbers = Numbers.parse(data)
        return self._stream.frame(numbers.state(), None, numbers.quantities(), frame)


def describe(data: bytes) -> dict[str, object]:
    """Any frame by its token and type. Raises FrameError."""
    token, kind, rest = unpack(data)
    head: dict[str, object] = {"token": token, "type": kind}
    match (token, kind):
        case (0x0F, 1):
            numbers = Numbers.parse(rest)
            named: dict[str, object] = {name: getattr(numbers, name) for name in Numbers.__slots__}
            return head | named | {"pi": float(numbers.pi)}
        case (0x0F, 2):
            return head | {"wave": [sample & 0x7F for sample in rest]}
        case (0xF0, 3) if rest:
            return head | {"battery": rest[0]}
    return head | {"data": rest.hex()}


DEVICE = Device(
    key="viatom_pc60fw",
    name="Viatom PC-60FW",
    kind=Kind.OXIMETER,
    match=BleMatch(SERVICE, (NOTIFY,), names=("PC-60F", "PC-60NW")),
    metrics=(SPO2, PULSE_RATE, PERFUSION_INDEX),
    reference="Viatom PC-60FW protocol",
    limits="the wave is not shown: its rate is not known",
    decoder=Decoder,
    protocols=(("pc60fw", describe),),
)
