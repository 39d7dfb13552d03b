"""Viatom / Wellue O2Ring and its relatives: asked once a second for what their sensors see.

Source: the Oxy protocol as viatom-o2ring-ble and ecostech/viatom-ble implement it independently. The unit of
its perfusion index is not known: it is described, never measured.
"""

from dataclasses import dataclass, replace

from devices import battery
from devices.crc import crc8
from devices.device import Battery, BleMatch, Device, Event, FrameError, SignalState
from devices.framing import LengthFramer
from devices.gatt import FramedDecoder
from devices.measuring import quantity, sensor_off
from devices.metrics import PULSE_RATE, SPO2
from devices.reading import Kind, Quality, Quantity
from devices.streamed import StreamedOximeter

SERVICE = "14839ac4-7d7e-415c-9a42-167340cf2339"
WRITE = "8b00ace7-eb0b-49b0-bbe9-9aee0a26e1a3"
NOTIFY = "0734594a-a8e7-4b1a-a6b1-cd5243059a57"
# Of the maker's own library for these. Its cuffs and ECG recorders have this service too.
NAMES = (
    "O2Ring", "OxyRing", "Checkme O2", "CheckO2", "O2 ", "O2M", "O2BAND", "SleepO2", "SleepU", "WearO2",
    "Oxylink", "Oxyfit", "KidsO2", "BabyO2",
)  # fmt: skip
SENSORS = 0x17
_ASKED_EVERY_S = 1.0
_REQUEST, _REPLY = 0xAA, 0x55
_HEAD = 7  # start, command or status, its complement, block, length
_LONGEST = 64
_SENSOR_BYTES = 12
_NO_SPO2, _NO_PULSE = (0, 127, 255), (0, 255)


def request(command: int) -> bytes:
    """A command without data. The only one of this protocol that the kiosk sends is SENSORS."""
    if command != SENSORS:
        raise ValueError(f"command {command:#04x} is not allowed")
    head = bytes((_REQUEST, command, command ^ 0xFF, 0, 0, 0, 0))
    return head + bytes((crc8(head),))


def unpack(frame: bytes, start: int) -> tuple[int, int, bytes]:
    """Command or status, block, data. Raises FrameError."""
    if len(frame) <= _HEAD or frame[0] != start or frame[1] ^ 0xFF != frame[2]:
        raise FrameError("not a frame")
    block, length = int.from_bytes(frame[3:5], "little"), int.from_bytes(frame[5:7], "little")
    if len(frame) != _HEAD + length + 1:
        raise FrameError("not as long as it says")
    if crc8(frame[:-1]) != frame[-1]:
        raise FrameError("wrong checksum")
    return frame[1], block, frame[_HEAD:-1]


@dataclass(frozen=True, slots=True)
class Sensors:
    """The reply to SENSORS. `None` is "no value"."""

    status: int
    spo2: int | None
    hr: int | None
    battery: int
    charging: int
    motion: int
    pi: int
    worn: bool

    @classmethod
    def parse(cls, frame: bytes) -> "Sensors":
        """Raises FrameError."""
        status, _, data = unpack(frame, _REPLY)
        if len(data) < _SENSOR_BYTES:
            raise FrameError("no reply of the sensors")
        return cls(
            status=status,
            spo2=None if data[0] in _NO_SPO2 else data[0],
            hr=None if data[1] in _NO_PULSE else data[1],
            battery=data[7],
            charging=data[8],
            motion=data[9],
            pi=data[10],
            worn=bool(data[11] & 1),
        )

    def state(self) -> SignalState:
        if not self.worn:
            return SignalState.SENSOR_OFF
        missing = self.spo2 is None and self.hr is None
        return SignalState.SEARCHING if missing else SignalState.MEASURING

    def left(self) -> Battery | None:
        """While it is charged, nobody need do anything about it."""
        said = battery.of_percent(self.battery)
        return replace(said, is_low=said.is_low and not self.charging) if said else None

    def quantities(self) -> tuple[Quantity, ...]:
        if not self.worn:
            return sensor_off(SPO2, PULSE_RATE)
        return (quantity(SPO2, self.spo2), quantity(PULSE_RATE, self.hr))


def _size_of(head: bytes) -> int:
    size = _HEAD + int.from_bytes(head[5:7], "little") + 1
    return size if head[1] ^ 0xFF == head[2] and size <= _LONGEST else 0


class Decoder(FramedDecoder):
    """One reply a second, put together from notifications of 20 bytes."""

    def __init__(self) -> None:
        framer = LengthFramer(bytes((_REPLY,)), _HEAD, _size_of, lambda frame: crc8(frame[:-1]) == frame[-1])
        super().__init__(NOTIFY, framer)
        self._stream = StreamedOximeter(1)
        self._battery = battery.BatteryNews()

    def _frame(self, frame: bytes) -> list[Event]:
        seen = Sensors.parse(frame)
        quality = frozenset({Quality.MOTION}) if seen.motion else frozenset()
        measured = self._stream.frame(seen.state(), None, seen.quantities(), frame, quality)
        return [*measured, *self._battery.events(seen.left())]


def describe_sensors(data: bytes) -> dict[str, object]:
    seen = Sensors.parse(data)
    return {name: getattr(seen, name) for name in Sensors.__slots__}


def describe_request(data: bytes) -> dict[str, object]:
    command, block, rest = unpack(data, _REQUEST)
    return {"cmd": command, "block": block, "data": rest.hex()}


DEVICE = Device(
    key="viatom_o2ring",
    name="Viatom O2Ring",
    kind=Kind.OXIMETER,
    match=BleMatch(
        SERVICE, (NOTIFY,), names=NAMES, write=WRITE, start=(request(SENSORS),),
        keep_alive=request(SENSORS), keep_alive_s=_ASKED_EVERY_S,
    ),
    metrics=(SPO2, PULSE_RATE),
    reference="Viatom Oxy protocol",
    limits="the unit of its perfusion index is not known; recordings and waves are not read",
    decoder=Decoder,
    protocols=(("viatom_rt_sensors", describe_sensors), ("viatom_request", describe_request)),
)  # fmt: skip
