"""Viatom VTM 20F, sold as Wellue FS20F: numbers once a second, and a wave of 50 samples a second.

Source: LepuBle, Viatom's own, and the captures of roger-/FS20F; the checksum holds for all of these.
"""

from dataclasses import dataclass
from decimal import Decimal

from devices.device import BleMatch, Device
from devices.event import Event, FrameError, Rejected, SignalState
from devices.framing import LengthFramer
from devices.gatt import FramedDecoder, uuid
from devices.measuring import quantity, sensor_off
from devices.metrics import PERFUSION_INDEX, PLETH, PULSE_RATE, SPO2
from devices.reading import Kind, Quality, Quantity
from devices.streamed import StreamedOximeter

SERVICE, NOTIFY = 0xFFE0, 0xFFE4
WAVES_HZ = 50
_SAMPLES_PER_CHUNK = 5
_START, _NUMBERS, _WAVE = b"\xfe", 0x55, 0x56
_SIZES = {_NUMBERS: 10, _WAVE: 8}
_NO_SPO2, _NO_PULSE = (0, 0x7F), (0, 0x1FF)
_SENSOR_OFF, _MOTION, _LOW_PERFUSION = 2, 4, 8


def _is_sound(frame: bytes) -> bool:
    return sum(frame[1:-1]) & 0xFF == frame[-1]


def _size_of(head: bytes) -> int:
    return head[1] if _SIZES.get(head[2]) == head[1] else 0


def unpack(frame: bytes) -> tuple[int, bytes]:
    """Kind and content. Raises FrameError."""
    if len(frame) < 3 or not frame.startswith(_START) or _size_of(frame) != len(frame):
        raise FrameError("not a frame")
    if not _is_sound(frame):
        raise FrameError("wrong checksum")
    return frame[2], frame[3:-1]


@dataclass(frozen=True, slots=True)
class Numbers:
    """`None` is "no value"; the perfusion index is in %."""

    pr: int | None
    spo2: int | None
    pi: Decimal | None
    counter: int

    @classmethod
    def parse(cls, content: bytes) -> "Numbers":
        pulse, spo2 = int.from_bytes(content[:2], "big"), content[2]
        index = int.from_bytes(content[3:5], "big")
        return cls(
            pr=None if pulse in _NO_PULSE else pulse,
            spo2=None if spo2 in _NO_SPO2 else spo2,
            pi=Decimal(index).scaleb(-3) if index else None,
            counter=content[5],
        )

    def quantities(self) -> tuple[Quantity, ...]:
        return (
            quantity(SPO2, self.spo2), quantity(PULSE_RATE, self.pr), quantity(PERFUSION_INDEX, self.pi),
        )  # fmt: skip


class Decoder(FramedDecoder):
    """What the wave says of the sensor holds for the numbers beside it."""

    def __init__(self) -> None:
        super().__init__(uuid(NOTIFY), LengthFramer(_START, 3, _size_of, _is_sound))
        self._stream = StreamedOximeter(WAVES_HZ, _SAMPLES_PER_CHUNK, numbers_hz=1)
        self._flags = 0
        self._searching = False

    def _lost(self, part: Rejected) -> list[Event]:
        return self._stream.rejected(part)

    def _frame(self, frame: bytes) -> list[Event]:
        kind, content = unpack(frame)
        if kind == _WAVE:
            self._flags = content[1]
            return self._stream.wave(self._state(), content[0])
        seen = Numbers.parse(content)
        self._searching = seen.spo2 is None and seen.pr is None
        numbers = seen.quantities()
        if self._flags & _SENSOR_OFF:
            numbers = sensor_off(SPO2, PULSE_RATE, PERFUSION_INDEX)
        return self._stream.frame(self._state(), None, numbers, frame, self._quality())

    def _state(self) -> SignalState:
        if self._flags & _SENSOR_OFF:
            return SignalState.SENSOR_OFF
        return SignalState.SEARCHING if self._searching else SignalState.MEASURING

    def _quality(self) -> frozenset[Quality]:
        marks = {Quality.MOTION: _MOTION, Quality.LOW_PERFUSION: _LOW_PERFUSION}
        return frozenset(mark for mark, bit in marks.items() if self._flags & bit)


def describe(data: bytes) -> dict[str, object]:
    """Raises FrameError."""
    kind, content = unpack(data)
    if kind == _WAVE:
        wave, flags, bar, counter = content
        return {"cmd": kind, "wave": wave, "flags": flags, "bar": bar, "counter": counter}
    seen = Numbers.parse(content)
    described: dict[str, object] = {name: getattr(seen, name) for name in Numbers.__slots__}
    return {"cmd": kind} | described | {"pi": None if seen.pi is None else float(seen.pi)}


DEVICE = Device(
    key="viatom_vtm20f",
    name="Viatom VTM 20F",
    kind=Kind.OXIMETER,
    match=BleMatch(
        uuid(SERVICE), (uuid(NOTIFY),), names=("VTM 20F",), announced=False
    ),  # a service that everything has
    metrics=(SPO2, PULSE_RATE, PERFUSION_INDEX, PLETH),
    reference="LepuBle; captures of a Wellue FS20F",
    experimental=True,
    decoder=Decoder,
    protocols=(("vtm20f", describe),),
)
