"""Any thermometer that follows the Bluetooth SIG Health Thermometer Profile (service 0x1809).

Source: Health Thermometer Service 1.0; GATT Specification Supplement, Temperature Measurement (2A1C),
Intermediate Temperature (2A1E).
"""

from dataclasses import dataclass

from devices.device import BleMatch, Device
from devices.event import Event, Signal, SignalState
from devices.gatt import Fields, GattDecoder, uuid
from devices.ieee11073 import DateTime, Number, Special, json_number
from devices.measuring import fahrenheit_to_celsius, measured, quantity
from devices.metrics import BODY_TEMPERATURE
from devices.reading import Kind

SERVICE, MEASUREMENT, INTERMEDIATE = 0x1809, 0x2A1C, 0x2A1E

_FAHRENHEIT, _TIME, _TYPE = 1, 2, 4


@dataclass(frozen=True, slots=True)
class Frame:
    """2A1C and 2A1E share one layout; the value is in `unit` as sent. `site`: 1 armpit ... 9 tympanum."""

    unit: str
    value: Number
    time: DateTime | None
    site: int | None

    @classmethod
    def parse(cls, data: bytes) -> "Frame":
        """Raises FrameError. The reserved flag bits are ignored."""
        fields = Fields(data)
        flags = fields.uint(1)
        frame = cls(
            unit="F" if flags & _FAHRENHEIT else "C",
            value=fields.float32(),
            time=fields.date_time() if flags & _TIME else None,
            site=fields.uint(1) if flags & _TYPE else None,
        )
        fields.end()
        return frame

    def describe(self) -> dict[str, object]:
        """JSON-ready; optional fields only when sent."""
        described: dict[str, object] = {"unit": self.unit, "temp": json_number(self.value)}
        if self.time is not None:
            described["datetime"] = str(self.time)
        if self.site is not None:
            described["type"] = self.site
        return described

    def celsius(self) -> Number:
        if self.unit == "C" or isinstance(self.value, Special):
            return self.value
        return fahrenheit_to_celsius(self.value)


class Decoder(GattDecoder):
    """Final temperatures are measurements. Intermediate ones only say that a measurement is going on."""

    def __init__(self) -> None:
        super().__init__({MEASUREMENT: self._result, INTERMEDIATE: self._intermediate})
        self._measuring = False

    def _result(self, data: bytes) -> list[Event]:
        frame = Frame.parse(data)
        self._once(MEASUREMENT, data, frame.time is not None)
        self._measuring = False
        quantities = (quantity(BODY_TEMPERATURE, frame.celsius()),)
        return [measured(quantities, frozenset(), data, frame.time)]

    def _intermediate(self, data: bytes) -> list[Event]:
        Frame.parse(data)
        started: list[Event] = [] if self._measuring else [Signal(SignalState.MEASURING)]
        self._measuring = True
        return started


def describe(data: bytes) -> dict[str, object]:
    return Frame.parse(data).describe()


DEVICE = Device(
    key="sig_thermometer",
    name="Bluetooth thermometer",
    kind=Kind.THERMOMETER,
    match=BleMatch(uuid(SERVICE), (uuid(MEASUREMENT), uuid(INTERMEDIATE))),
    metrics=(BODY_TEMPERATURE,),
    reference="Bluetooth SIG Health Thermometer Service 1.0; GATT Specification Supplement",
    any_make=True,
    decoder=Decoder,
    protocols=(("temperature", describe),),
)
