"""Weight and body composition as Bluetooth SIG scales send them; many offer both services.

Source: Weight Scale Service 1.0.1; Body Composition Service 1.0; GATT Specification Supplement,
Weight Measurement (2A9D), Body Composition Measurement (2A9C). The resolution is the fixed one of the
Supplement, not the feature's.
"""

from dataclasses import dataclass
from decimal import Decimal

from devices.event import Event, FrameError
from devices.gatt import Fields, GattDecoder
from devices.ieee11073 import DateTime, json_number
from devices.measuring import inches_to_cm, measured, pounds_to_kg, quantity
from devices.metrics import BODY_FAT, BODY_HEIGHT, BODY_MASS_INDEX, BODY_WEIGHT
from devices.reading import Quantity

WEIGHT, COMPOSITION = 0x2A9D, 0x2A9C

_IMPERIAL, _TIME, _USER, _BMI = 1, 2, 4, 8
_UNSUCCESSFUL = 0xFFFF
_NOT_OURS = 1 << 5 | 1 << 7  # reserved; on a Xiaomi scale: it has settled, nobody stands there any more
_MULTIPLE_PACKETS = 1 << 12
_MASS_STEP = {"kg": Decimal("0.005"), "lb": Decimal("0.01")}
_LENGTH_STEP = {"kg": Decimal("0.001"), "lb": Decimal("0.1")}
_TENTH = Decimal("0.1")
# Bit, name and step of what follows in this order; None: a mass, in the unit of the flags.
_COMPOSITION: tuple[tuple[int, str, Decimal | None], ...] = (
    (3, "basal_metabolism_kj", Decimal(1)),
    (4, "muscle_pct", _TENTH),
    (5, "muscle_mass", None),
    (6, "fat_free_mass", None),
    (7, "soft_lean_mass", None),
    (8, "water_mass", None),
    (9, "impedance_ohm", _TENTH),
    (10, "weight", None),
)


@dataclass(frozen=True, slots=True)
class Weighed:
    """One frame. `unit`: kg (the height in m) or lb (the height in inches). None: not sent, or no success."""

    unit: str
    weight: Decimal | None
    time: DateTime | None
    user: int | None
    bmi: Decimal | None = None
    height: Decimal | None = None
    fat_pct: Decimal | None = None
    others: tuple[tuple[str, Decimal], ...] = ()

    def quantities(self) -> tuple[Quantity, ...]:
        """What a record takes: the other estimates of a scale are described only."""
        found = (
            (BODY_WEIGHT, self._weight_kg()),
            (BODY_MASS_INDEX, self.bmi),
            (BODY_HEIGHT, self._height_cm()),
            (BODY_FAT, self.fat_pct),
        )
        return tuple(quantity(metric, value) for metric, value in found if value is not None)

    def _weight_kg(self) -> Decimal | None:
        if self.weight is None:
            return None
        return _as_shown(self.weight) if self.unit == "kg" else pounds_to_kg(self.weight)

    def _height_cm(self) -> Decimal | None:
        if self.height is None:
            return None
        return self.height.scaleb(2) if self.unit == "kg" else inches_to_cm(self.height)

    def describe(self) -> dict[str, object]:
        """JSON-ready; optional fields only when sent."""
        numbers = {"bmi": self.bmi, "height": self.height, **dict(self.others)}
        optional = {
            "datetime": None if self.time is None else str(self.time),
            "user": self.user,
            **{name: None if value is None else json_number(value) for name, value in numbers.items()},
        }
        return {"unit": self.unit} | {name: value for name, value in optional.items() if value is not None}


def _steps(fields: Fields, step: Decimal) -> Decimal | None:
    raw = fields.uint(2)
    return None if raw == _UNSUCCESSFUL else raw * step


def _as_shown(kg: Decimal) -> Decimal:
    """Sent in steps of 0.005, shown in tenths by most scales: 70.000 says more than was measured."""
    tenths = kg.quantize(_TENTH)
    return tenths if tenths == kg else kg


def parse_weight(data: bytes) -> Weighed:
    """2A9D. Raises FrameError. The reserved flag bits 4 and 6 are ignored: a Detecto sets one."""
    fields = Fields(data)
    flags = fields.uint(1)
    if flags & _NOT_OURS:
        raise FrameError(f"flags {flags:02X} are not those of the profile")
    unit = "lb" if flags & _IMPERIAL else "kg"
    weighed = Weighed(
        unit=unit,
        weight=_steps(fields, _MASS_STEP[unit]),
        time=fields.date_time() if flags & _TIME else None,
        user=fields.uint(1) if flags & _USER else None,
        bmi=fields.uint(2) * _TENTH if flags & _BMI else None,
        height=fields.uint(2) * _LENGTH_STEP[unit] if flags & _BMI else None,
    )
    fields.end()
    return weighed


def parse_composition(data: bytes) -> Weighed:
    """2A9C. Raises FrameError."""
    fields = Fields(data)
    flags = fields.uint(2)
    unit = "lb" if flags & _IMPERIAL else "kg"
    fat_pct = _steps(fields, _TENTH)
    time = fields.date_time() if flags & _TIME else None
    user = fields.uint(1) if flags & _USER else None
    sent = [(name, step or _MASS_STEP[unit]) for bit, name, step in _COMPOSITION if flags >> bit & 1]
    others = {name: value for name, step in sent if (value := _steps(fields, step)) is not None}
    height = _steps(fields, _LENGTH_STEP[unit]) if flags >> 11 & 1 else None
    fields.end()
    return Weighed(unit, others.pop("weight", None), time, user, None, height, fat_pct, tuple(others.items()))


class Decoder(GattDecoder):
    """Each frame is one measurement; one without success is a weight that is absent."""

    def __init__(self) -> None:
        super().__init__({WEIGHT: self._weight, COMPOSITION: self._composition})

    def _weight(self, data: bytes) -> list[Event]:
        weighed = parse_weight(data)
        self._once(WEIGHT, data, weighed.time is not None)
        quantities = weighed.quantities() if weighed.weight is not None else (quantity(BODY_WEIGHT, None),)
        return [measured(quantities, frozenset(), data, weighed.time)]

    def _composition(self, data: bytes) -> list[Event]:
        weighed = parse_composition(data)
        self._once(COMPOSITION, data, weighed.time is not None)
        quantities = weighed.quantities() or (quantity(BODY_FAT, None),)
        return [measured(quantities, frozenset(), data, weighed.time)]


def describe_weight(data: bytes) -> dict[str, object]:
    weighed = parse_weight(data)
    return weighed.describe() | {"weight": None if weighed.weight is None else json_number(weighed.weight)}


def describe_composition(data: bytes) -> dict[str, object]:
    """With every estimate of the scale; `fat_pct` None: it did not succeed."""
    weighed = parse_composition(data)
    fat = None if weighed.fat_pct is None else json_number(weighed.fat_pct)
    weight = {} if weighed.weight is None else {"weight": json_number(weighed.weight)}
    more = {"more_follows": True} if int.from_bytes(data[:2], "little") & _MULTIPLE_PACKETS else {}
    return weighed.describe() | weight | more | {"fat_pct": fat}
