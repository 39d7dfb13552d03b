"""The two frames of a Bluetooth SIG glucose meter: a result, and what was noted beside it.

Source: GATT Specification Supplement, Glucose Measurement (2A18), Glucose Measurement Context (2A34).
"""

from dataclasses import dataclass
from decimal import Decimal

from devices.gatt import Fields
from devices.ieee11073 import DateTime, Number, json_number
from devices.measuring import quantity
from devices.metrics import GLUCOSE_MASS, GLUCOSE_MOLAR
from devices.reading import Absent, Quality, Quantity

_OFFSET, _CONCENTRATION, _MOLAR, _STATUS, _CONTEXT = 1, 2, 4, 8, 16
_CONTROL_SOLUTION, _CONTROL_LOCATION = 10, 4
_NO_OFFSETS = (0x7FFF, -0x8000)  # overrun, underrun
# Sensor, sample or strip at fault; result or temperature out of range; interrupted; general fault.
_DOUBTS, _TIME_FAULT = 0x07FE, 0x0800
_MEALS = {1: Quality.BEFORE_MEAL, 2: Quality.AFTER_MEAL, 3: Quality.FASTING}


@dataclass(frozen=True, slots=True)
class Record:
    """`concentration` in `unit` as sent: kg/L or mol/L; None: the record has no result."""

    sequence: int
    base: DateTime
    offset_min: int | None
    unit: str
    concentration: Number | None
    type: int | None
    location: int | None
    status: int | None
    context_follows: bool

    @classmethod
    def parse(cls, data: bytes) -> "Record":
        """Raises FrameError."""
        fields = Fields(data)
        flags = fields.uint(1)
        has_result = flags & _CONCENTRATION
        sequence, base = fields.uint(2), fields.date_time()
        offset_min = fields.sint(2) if flags & _OFFSET else None
        concentration = fields.sfloat() if has_result else None
        origin = fields.uint(1) if has_result else None
        record = cls(
            sequence, base, offset_min, "mol/L" if flags & _MOLAR else "kg/L", concentration,
            type=None if origin is None else origin & 0x0F,
            location=None if origin is None else origin >> 4,
            status=fields.uint(2) if flags & _STATUS else None,
            context_follows=bool(flags & _CONTEXT),
        )  # fmt: skip
        fields.end()
        return record

    def is_control_solution(self) -> bool:
        """A test of the meter: never a patient's value."""
        return self.type == _CONTROL_SOLUTION or self.location == _CONTROL_LOCATION

    def time(self) -> DateTime:
        """The meter's local time of this result; the unknown one when its offset is."""
        if self.offset_min in _NO_OFFSETS:
            return DateTime(0, 0, 0, 0, 0, 0)
        return self.base.later(self.offset_min or 0)

    def quantity(self) -> Quantity:
        metric = GLUCOSE_MOLAR if self.unit == "mol/L" else GLUCOSE_MASS
        if self.concentration is None:
            return Quantity(metric, absent=Absent.NOT_APPLICABLE)
        return quantity(metric, self._shown())

    def _shown(self) -> Number | None:
        """mmol/L or mg/dL: what the meter shows."""
        if not isinstance(self.concentration, Decimal):
            return self.concentration
        return self.concentration.scaleb(3 if self.unit == "mol/L" else 5)

    def quality(self) -> frozenset[Quality]:
        status = self.status or 0
        doubts = {Quality.QUESTIONABLE} if status & _DOUBTS else set()
        return frozenset(doubts | ({Quality.TIME_UNSURE} if status & _TIME_FAULT else set()))

    def describe(self) -> dict[str, object]:
        """JSON-ready; optional fields only when sent."""
        shown = self._shown()
        optional = {
            "offset_min": self.offset_min,
            "mmol_l" if self.unit == "mol/L" else "mg_dl": None if shown is None else json_number(shown),
            "type": self.type,
            "location": self.location,
            "status": self.status,
        }
        described = {"seq": self.sequence, "datetime": str(self.base), "unit": self.unit}
        sent = {name: value for name, value in optional.items() if value is not None}
        return described | sent | {"context_follows": self.context_follows}


@dataclass(frozen=True, slots=True)
class Context:
    """What was noted beside the result of the same sequence number. Units as sent."""

    sequence: int
    meal: int | None
    noted: tuple[tuple[str, int | Number], ...]

    @classmethod
    def parse(cls, data: bytes) -> "Context":
        """Raises FrameError."""
        fields = Fields(data)
        flags, sequence = fields.uint(1), fields.uint(2)
        noted: list[tuple[str, int | Number]] = []
        if flags & 128:
            noted.append(("extended_flags", fields.uint(1)))
        if flags & 1:
            noted += [("carbohydrate", fields.uint(1)), ("carbohydrate_kg", fields.sfloat())]
        meal = fields.uint(1) if flags & 2 else None
        if flags & 4:
            both = fields.uint(1)
            noted += [("tester", both & 0x0F), ("health", both >> 4)]
        if flags & 8:
            noted += [("exercise_s", fields.uint(2)), ("exercise_pct", fields.uint(1))]
        if flags & 16:
            unit = "medication_l" if flags & 32 else "medication_kg"
            noted += [("medication", fields.uint(1)), (unit, fields.sfloat())]
        if flags & 64:
            noted.append(("hba1c_pct", fields.sfloat()))
        fields.end()
        return cls(sequence, meal, tuple(noted))

    def quality(self) -> frozenset[Quality]:
        return frozenset({_MEALS[self.meal]}) if self.meal in _MEALS else frozenset()

    def describe(self) -> dict[str, object]:
        """JSON-ready; optional fields only when sent."""
        meal = {} if self.meal is None else {"meal": self.meal}
        noted = {name: value if isinstance(value, int) else json_number(value) for name, value in self.noted}
        return {"seq": self.sequence, **meal, **noted}
