"""Any cuff that follows the Bluetooth SIG Blood Pressure Profile (service 0x1810).

Source: Blood Pressure Service 1.1.1; GATT Specification Supplement, Blood Pressure Measurement (2A35),
Intermediate Cuff Pressure (2A36), Blood Pressure Feature (2A49).
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from devices.device import BleMatch, Device, Features
from devices.event import Event, FrameError, Samples, Signal, SignalState
from devices.gatt import Fields, GattDecoder, uuid
from devices.ieee11073 import DateTime, Number, Special, json_number
from devices.measuring import kpa_to_mmhg, measured, quantity
from devices.metrics import CUFF_PRESSURE, CUFF_PULSE_RATE, DIASTOLIC, MEAN_PRESSURE, SYSTOLIC
from devices.reading import Kind, Quality, Quantity

SERVICE, MEASUREMENT, INTERMEDIATE, FEATURE = 0x1810, 0x2A35, 0x2A36, 0x2A49

_KPA, _TIME, _PULSE, _USER, _STATUS = 1, 2, 4, 8, 16
_QUALITY_BITS = {
    0: Quality.MOTION,
    1: Quality.CUFF_LOOSE,
    2: Quality.IRREGULAR_PULSE,
    5: Quality.BAD_POSITION,
}
_PULSE_RANGE = (1, 2)  # of bits 3 and 4: above, below
_NO_PULSE = (0, 255, 511, 65535)
_NO_MEAN = (0,)  # from cuffs that do not compute one


@dataclass(frozen=True, slots=True)
class Frame:
    """2A35 and 2A36 share one layout; pressures are in `unit` as sent."""

    unit: str
    pressures: tuple[Number, Number, Number]
    time: DateTime | None
    pulse: Number | None
    user: int | None
    status: int | None

    @classmethod
    def parse(cls, data: bytes) -> "Frame":
        """Raises FrameError. The reserved flag bits 5 to 7 are ignored: some cuffs set them."""
        fields = Fields(data)
        flags = fields.uint(1)
        frame = cls(
            unit="kPa" if flags & _KPA else "mmHg",
            pressures=(fields.sfloat(), fields.sfloat(), fields.sfloat()),
            time=fields.date_time() if flags & _TIME else None,
            pulse=fields.sfloat() if flags & _PULSE else None,
            user=fields.uint(1) if flags & _USER else None,
            status=fields.uint(2) if flags & _STATUS else None,
        )
        fields.end()
        return frame

    def describe(self, *names: str) -> dict[str, object]:
        """JSON-ready, with the first pressures called `names`; optional fields only when sent."""
        pressures = {name: json_number(value) for name, value in zip(names, self.pressures, strict=False)}
        optional = {
            "datetime": None if self.time is None else str(self.time),
            "pulse": None if self.pulse is None else json_number(self.pulse),
            "user": self.user,
            "status": self.status,
        }
        return {"unit": self.unit, **pressures, **{k: v for k, v in optional.items() if v is not None}}

    def mmhg(self, index: int) -> Number:
        """One pressure in mmHg."""
        value = self.pressures[index]
        return kpa_to_mmhg(value) if self.unit == "kPa" and isinstance(value, Decimal) else value

    def quality(self) -> frozenset[Quality]:
        status = self.status or 0
        marks = frozenset(mark for bit, mark in _QUALITY_BITS.items() if status >> bit & 1)
        return marks | ({Quality.PULSE_OUT_OF_RANGE} if status >> 3 & 3 in _PULSE_RANGE else set())


class Decoder(GattDecoder):
    """Results as measurements; the live cuff pressure as samples (whole mmHg), never as a measurement.

    `parse`: how this make writes its results.
    """

    def __init__(self, parse: Callable[[bytes], Frame] = Frame.parse) -> None:
        super().__init__({MEASUREMENT: self._result, INTERMEDIATE: self._cuff, FEATURE: self._feature})
        self._parse = parse
        self._inflating = False

    def _result(self, data: bytes) -> list[Event]:
        frame = self._parse(data)
        self._once(MEASUREMENT, data, frame.time is not None)
        self._inflating = False
        systolic, diastolic, mean = map(frame.mmhg, range(3))
        quantities: tuple[Quantity, ...] = (
            quantity(SYSTOLIC, systolic),
            quantity(DIASTOLIC, diastolic),
            quantity(MEAN_PRESSURE, mean, _NO_MEAN),
        )
        if frame.pulse is not None:
            quantities += (quantity(CUFF_PULSE_RATE, frame.pulse, _NO_PULSE),)
        return [measured(quantities, frame.quality(), data, frame.time)]

    def _cuff(self, data: bytes) -> list[Event]:
        pressure = Frame.parse(data).mmhg(0)
        if isinstance(pressure, Special):
            raise FrameError(f"the cuff pressure is {pressure.value}")
        live = Samples(CUFF_PRESSURE, Decimal(0), (int(pressure.to_integral_value()),))
        started = [] if self._inflating else [Signal(SignalState.MEASURING)]
        self._inflating = True
        return [*started, live]

    def _feature(self, data: bytes) -> list[Event]:
        describe_feature(data)
        return []


def describe_result(data: bytes) -> dict[str, object]:
    return Frame.parse(data).describe("sys", "dia", "map")


def describe_cuff(data: bytes) -> dict[str, object]:
    return Frame.parse(data).describe("cuff")


def describe_feature(data: bytes) -> dict[str, object]:
    fields = Fields(data)
    features = fields.uint(2)
    fields.end()
    return {"features": features}


DEVICE = Device(
    key="sig_blood_pressure",
    name="Bluetooth blood-pressure cuff",
    kind=Kind.CUFF,
    match=BleMatch(uuid(SERVICE), (uuid(MEASUREMENT), uuid(INTERMEDIATE)), features=Features(uuid(FEATURE))),
    metrics=(SYSTOLIC, DIASTOLIC, MEAN_PRESSURE, CUFF_PULSE_RATE, CUFF_PRESSURE),
    reference="Bluetooth SIG Blood Pressure Service 1.1.1; GATT Specification Supplement",
    any_make=True,
    limits="a result with more or fewer bytes than its flags announce is refused",
    decoder=Decoder,
    protocols=(
        ("blood_pressure", describe_result),
        ("intermediate_cuff", describe_cuff),
        ("blood_pressure_feature", describe_feature),
    ),
)
