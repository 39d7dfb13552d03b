"""From decoded numbers to a measurement: absent values, plausibility, exact unit conversion."""

from collections.abc import Iterable
from decimal import Context, Decimal
from functools import cache, lru_cache

from devices.event import Measured
from devices.ieee11073 import DateTime, Number, Special
from devices.metrics import Metric
from devices.reading import Absent, Kind, Quality, Quantity

MMHG_PER_KPA = Decimal("7.500617")
_KG_PER_LB = Decimal("0.45359237")
_CM_PER_INCH = Decimal("2.54")
_HUNDREDTH = Decimal("0.01")
# Wide enough for any FLOAT (7 digits, exponent to 127): a nonsense value is marked, it never overflows.
_EXACT = Context(prec=160)


def kpa_to_mmhg(value: Decimal) -> Decimal:
    """To 0.01 mmHg, finer than any cuff sends."""
    return _EXACT.quantize(_EXACT.multiply(value, MMHG_PER_KPA), _HUNDREDTH)


def fahrenheit_to_celsius(value: Decimal) -> Decimal:
    """To 0.01 Cel."""
    above_freezing = _EXACT.multiply(_EXACT.subtract(value, Decimal(32)), Decimal(5))
    return _EXACT.quantize(_EXACT.divide(above_freezing, Decimal(9)), _HUNDREDTH)


def pounds_to_kg(value: Decimal) -> Decimal:
    """To 0.01 kg, finer than any scale shows."""
    return _EXACT.quantize(_EXACT.multiply(value, _KG_PER_LB), _HUNDREDTH)


def inches_to_cm(value: Decimal) -> Decimal:
    """To 0.01 cm."""
    return _EXACT.quantize(_EXACT.multiply(value, _CM_PER_INCH), _HUNDREDTH)


def quantity(metric: Metric, number: Number | int | None, invalid: tuple[int, ...] = ()) -> Quantity:
    """The number with its metric; None, a special value or one listed in `invalid` is Absent.INVALID."""
    if number is None or isinstance(number, Special) or number in invalid:
        return _no(metric, Absent.INVALID)
    return _whole(metric, number) if isinstance(number, int) else Quantity(metric, number)


@lru_cache(maxsize=1024)
def _whole(metric: Metric, number: int) -> Quantity:
    """A stream says the same a hundred times a second."""
    return Quantity(metric, Decimal(number))


@cache
def _no(metric: Metric, why: Absent) -> Quantity:
    return Quantity(metric, absent=why)


def sensor_off(*metrics: Metric) -> tuple[Quantity, ...]:
    """Nothing to measure: there is no finger, or no sensor."""
    return tuple(_no(metric, Absent.SENSOR_OFF) for metric in metrics)


def all_absent(quantities: Iterable[Quantity]) -> bool:
    return all(quantity.value is None for quantity in quantities)


def measured(
    quantities: tuple[Quantity, ...],
    quality: frozenset[Quality],
    raw: bytes,
    stamp: DateTime | None = None,
    kind: Kind | None = None,
    *,
    finished: bool = False,
    live: bool = False,
) -> Measured:
    """The event; `kind`, `finished` and `live` as there.

    A value outside its metric's plausible range is kept and the measurement marked. So is one whose device
    has a clock that does not know the time: it may be live or years old.
    """
    marks = {Quality.IMPLAUSIBLE} if any(map(is_implausible, quantities)) else set()
    device_time = stamp.known() if stamp else None
    if stamp is not None and device_time is None:
        marks.add(Quality.TIME_UNSURE)
    return Measured(quantities, quality | marks, device_time, raw, kind, finished, live)


def is_implausible(quantity: Quantity) -> bool:
    """Outside its metric's plausible range."""
    plausible = quantity.metric.plausible
    if quantity.value is None or plausible is None:
        return False
    return not plausible[0] <= quantity.value <= plausible[1]
