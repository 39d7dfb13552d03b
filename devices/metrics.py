"""The one table of what we measure: metric -> codes -> unit -> plausible range.

Sources: LOINC and UCUM as used by HL7 PHD and the FHIR R4 vital-signs profiles; MDC codes from
IEEE 11073-10101. No unit conversion happens after decode, so every metric has exactly one unit.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One measurable quantity: one object of each. `plausible` marks a value as doubtful, never drops it."""

    key: str
    loinc: tuple[str, ...]
    mdc: int
    ucum: str
    plausible: tuple[Decimal, Decimal] | None = None


def _metric(
    key: str, loinc: tuple[str, ...], mdc: int, ucum: str, low: str | None = None, high: str | None = None
) -> Metric:
    plausible = (Decimal(low), Decimal(high)) if low and high else None
    return Metric(key, loinc, mdc, ucum, plausible)


SPO2 = _metric("spo2", ("2708-6", "59408-5"), 150456, "%", "50", "100")
PULSE_RATE = _metric("pulse_rate", ("8867-4", "8889-8"), 149530, "/min", "20", "350")
PERFUSION_INDEX = _metric("perfusion_index", ("61006-3",), 150488, "%", "0.01", "30")
SYSTOLIC = _metric("systolic", ("8480-6",), 150021, "mm[Hg]", "40", "300")
DIASTOLIC = _metric("diastolic", ("8462-4",), 150022, "mm[Hg]", "20", "200")
MEAN_PRESSURE = _metric("mean_pressure", ("8478-0",), 150023, "mm[Hg]", "30", "250")
CUFF_PULSE_RATE = _metric("cuff_pulse_rate", ("8867-4",), 149546, "/min", "20", "350")
CUFF_PRESSURE = _metric("cuff_pressure", (), 150300, "mm[Hg]", "0", "320")
BODY_TEMPERATURE = _metric("body_temperature", ("8310-5",), 150364, "Cel", "30", "45")
PLETH = _metric("pleth", (), 150452, "1")

ALL_METRICS: dict[str, Metric] = {
    m.key: m
    for m in (
        SPO2, PULSE_RATE, PERFUSION_INDEX, SYSTOLIC, DIASTOLIC, MEAN_PRESSURE,
        CUFF_PULSE_RATE, CUFF_PRESSURE, BODY_TEMPERATURE, PLETH,
    )
}  # fmt: skip
