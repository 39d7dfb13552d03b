"""Nonin 3230 and 3150 (Bluetooth): one measurement a second on a link that wants a bond.

Source: Nonin data format 19, as three independent implementations read it.
"""

from dataclasses import dataclass
from decimal import Decimal

from devices.battery import BatteryNews
from devices.device import BleMatch, Device
from devices.event import Battery, Event, FrameError, SignalState
from devices.gatt import rejected, unexpected
from devices.ieee11073 import json_number
from devices.measuring import quantity, sensor_off
from devices.metrics import PERFUSION_INDEX, PULSE_RATE, SPO2
from devices.reading import Kind, Quality, Quantity
from devices.streamed import StreamedOximeter

SERVICE = "46a970e0-0d5f-11e2-8b5e-0002a5d5c51b"
MEASUREMENT = "0aad7ea0-0d60-11e2-8e3c-0002a5d5c51b"
_SIZE = 10
_NO_SPO2, _NO_PULSE = (127, 255), 511
FRAMES_HZ = 1


@dataclass(frozen=True, slots=True)
class Frame:
    """`None` is "missing". `smartpoint`: the device's own word that the numbers have settled."""

    spo2: int | None
    hr: int | None
    battery_v: Decimal
    pai: Decimal
    counter: int
    encrypted: bool
    low_battery: bool
    check_sensor: bool
    searching: bool
    smartpoint: bool
    weak_signal: bool

    @classmethod
    def parse(cls, data: bytes) -> "Frame":
        """Raises FrameError. Numbers of two bytes are big-endian."""
        if len(data) != _SIZE or data[0] != _SIZE:
            raise FrameError("not a frame of ten bytes that says so")
        status, rate = data[1], int.from_bytes(data[8:10], "big")
        return cls(
            spo2=None if data[7] in _NO_SPO2 else data[7],
            hr=None if rate == _NO_PULSE else rate,
            battery_v=Decimal(data[2]).scaleb(-1),
            pai=Decimal(int.from_bytes(data[3:5], "big")).scaleb(-2),
            counter=int.from_bytes(data[5:7], "big"),
            encrypted=bool(status & 0x40),
            low_battery=bool(status & 0x20),
            check_sensor=bool(status & 0x10),
            searching=bool(status & 0x08),
            smartpoint=bool(status & 0x04),
            weak_signal=bool(status & 0x02),
        )

    def state(self) -> SignalState:
        if self.check_sensor:
            return SignalState.SENSOR_OFF
        if self.searching:
            return SignalState.SEARCHING
        return SignalState.POOR_SIGNAL if self.weak_signal else SignalState.MEASURING

    def quantities(self) -> tuple[Quantity, ...]:
        metrics = (SPO2, PULSE_RATE, PERFUSION_INDEX)
        if self.state() is SignalState.SENSOR_OFF:
            return sensor_off(*metrics)
        numbers = (self.spo2, self.hr, self.pai)
        return tuple(
            quantity(metric, number, invalid=(0,)) for metric, number in zip(metrics, numbers, strict=True)
        )

    def quality(self) -> frozenset[Quality]:
        weak = {Quality.POOR_SIGNAL} if self.weak_signal else set()
        return frozenset(weak | (set() if self.smartpoint else {Quality.EARLY_ESTIMATE}))


class Decoder:
    """Each notification is one frame."""

    def __init__(self) -> None:
        self._stream = StreamedOximeter(FRAMES_HZ)
        self._battery = BatteryNews()

    def feed(self, data: bytes, source: str = "") -> list[Event]:
        if source != MEASUREMENT:
            return [unexpected(source, data)]
        try:
            frame = Frame.parse(data)
        except FrameError as error:
            return [rejected(str(error), data)]
        measured = self._stream.frame(frame.state(), None, frame.quantities(), bytes(data), frame.quality())
        return [*measured, *self._battery.events(Battery(None, frame.low_battery))]


def describe(data: bytes) -> dict[str, object]:
    """Raises FrameError."""
    frame = Frame.parse(data)
    described: dict[str, object] = {name: getattr(frame, name) for name in Frame.__slots__}
    return described | {"battery_v": float(frame.battery_v), "pai": json_number(frame.pai)}


DEVICE = Device(
    key="nonin_3230",
    name="Nonin 3230, 3150",
    kind=Kind.OXIMETER,
    match=BleMatch(SERVICE, (MEASUREMENT,)),
    metrics=(SPO2, PULSE_RATE, PERFUSION_INDEX),
    reference="Nonin 3230 Bluetooth data format 19",
    limits="a 3230 accepts a bond for two minutes after new batteries; of a 3150 neither wave nor memory "
    "is read",
    decoder=Decoder,
    protocols=(("nonin_ble_df19", describe),),
)
