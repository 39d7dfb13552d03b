"""JKS50F finger oximeter: frames of 69 bytes, of which the first eight are understood.

Source: Boerni89/ha_bt_oximeter and its tests.
"""

from dataclasses import dataclass
from decimal import Decimal

from devices.device import BleMatch, Device
from devices.event import Event, FrameError, SignalState
from devices.framing import LengthFramer
from devices.gatt import FramedDecoder, uuid
from devices.measuring import quantity, sensor_off
from devices.metrics import PERFUSION_INDEX, PULSE_RATE, SPO2
from devices.reading import Kind, Quantity
from devices.streamed import StreamedOximeter

SERVICE, NOTIFY = 0xFFE0, 0xFFE1
_START, _SIZE = b"\xff\x44\x01", 69
_EVIDENCE_BYTES = 64
_NO_SPO2, _NO_PULSE, _NO_INDEX = (0, 0x7F), (0, 0x7F), (0, 0x1FFF)


def _is_sound(frame: bytes) -> bool:
    return (sum(frame[:-1]) + 1) & 0xFF == frame[-1]


@dataclass(frozen=True, slots=True)
class Frame:
    """`None` is "no value"; the perfusion index is in %."""

    finger: bool
    spo2: int | None
    pr: int | None
    pi: Decimal | None

    @classmethod
    def parse(cls, data: bytes) -> "Frame":
        """Raises FrameError."""
        if len(data) != _SIZE or not data.startswith(_START):
            raise FrameError("not a frame of 69 bytes")
        if not _is_sound(data):
            raise FrameError("wrong checksum")
        no_finger, spo2, pulse, low, high = data[3:8]
        index = low & 0x7F | (high & 0x3F) << 7
        return cls(
            finger=not no_finger,
            spo2=None if spo2 in _NO_SPO2 else spo2,
            pr=None if pulse in _NO_PULSE else pulse,
            pi=None if index in _NO_INDEX else Decimal(index).scaleb(-2),
        )

    def state(self) -> SignalState:
        if not self.finger:
            return SignalState.SENSOR_OFF
        missing = self.spo2 is None and self.pr is None
        return SignalState.SEARCHING if missing else SignalState.MEASURING

    def quantities(self) -> tuple[Quantity, ...]:
        if not self.finger:
            return sensor_off(SPO2, PULSE_RATE, PERFUSION_INDEX)
        return (
            quantity(SPO2, self.spo2), quantity(PULSE_RATE, self.pr), quantity(PERFUSION_INDEX, self.pi),
        )  # fmt: skip


class Decoder(FramedDecoder):
    """A frame is put together from several notifications."""

    def __init__(self) -> None:
        super().__init__(uuid(NOTIFY), LengthFramer(_START, len(_START), lambda _: _SIZE, _is_sound))
        self._stream = StreamedOximeter(1)

    def _frame(self, frame: bytes) -> list[Event]:
        seen = Frame.parse(frame)
        return self._stream.frame(seen.state(), None, seen.quantities(), frame[:_EVIDENCE_BYTES])


def describe(data: bytes) -> dict[str, object]:
    """Raises FrameError."""
    frame = Frame.parse(data)
    described: dict[str, object] = {name: getattr(frame, name) for name in Frame.__slots__}
    return described | {"pi": None if frame.pi is None else float(frame.pi)}


DEVICE = Device(
    key="jks50f",
    name="JKS50F",
    kind=Kind.OXIMETER,
    match=BleMatch(uuid(SERVICE), (uuid(NOTIFY),), names=("OXIMETER",)),  # a service that everything has
    metrics=(SPO2, PULSE_RATE, PERFUSION_INDEX),
    reference="ha_bt_oximeter",
    experimental=True,
    limits="a pulse of 127 cannot be told from none",
    decoder=Decoder,
    protocols=(("jks50f", describe),),
)
