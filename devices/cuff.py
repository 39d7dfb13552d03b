"""What every cuff's result holds."""

from collections.abc import Mapping

from devices.measuring import quantity
from devices.metrics import CUFF_PULSE_RATE, DIASTOLIC, MEAN_PRESSURE, SYSTOLIC
from devices.reading import Absent, Quality, Quantity

METRICS = (SYSTOLIC, DIASTOLIC, MEAN_PRESSURE, CUFF_PULSE_RATE)
MODULE_LIMITS = (
    "its USB bridge is assumed; results only: it is started where it stands; a result equal to the "
    "one before is not told; the pressure while it measures is described, not shown"
)


def quantities(sys: int | None, dia: int | None, mean: int | None, pulse: int | None) -> tuple[Quantity, ...]:
    """mmHg and beats a minute; None and 0 are no value."""
    numbers = (sys, dia, mean, pulse)
    return tuple(quantity(m, n, invalid=(0,)) for m, n in zip(METRICS, numbers, strict=True))


def failed() -> tuple[Quantity, ...]:
    """It was tried, and nothing came of it."""
    return tuple(Quantity(metric, absent=Absent.INVALID) for metric in METRICS)


def why(code: int, known: Mapping[int, Quality]) -> frozenset[Quality]:
    """The reason that a cuff's error code stands for; one that is not known still says that it failed."""
    return frozenset({known.get(code, Quality.CUFF_FAILED)})
