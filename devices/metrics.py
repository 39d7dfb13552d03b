"""The one table of what we measure: metric -> codes -> unit -> plausible range.

Sources: LOINC and UCUM as used by HL7 PHD and the FHIR R4 vital-signs profiles; MDC codes from
IEEE 11073-10101. No unit conversion happens after decode, so every metric has exactly one unit.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One measurable quantity: one object of each. `plausible` marks a value as doubtful, never drops it.

    `statistic`: what it is over a recording, by its code in FHIR's observation-statistics; it has the MDC
    code of what it is taken of, and no LOINC code, so that nobody takes it for a spot check.
    """

    key: str
    loinc: tuple[str, ...]
    mdc: int
    ucum: str
    plausible: tuple[Decimal, Decimal] | None = None
    statistic: str = ""


def _metric(
    key: str,
    loinc: tuple[str, ...],
    mdc: int,
    ucum: str,
    low: str | None = None,
    high: str | None = None,
    statistic: str = "",
) -> Metric:
    plausible = (Decimal(low), Decimal(high)) if low and high else None
    return Metric(key, loinc, mdc, ucum, plausible, statistic)


SPO2 = _metric("spo2", ("2708-6", "59408-5"), 150456, "%", "50", "100")
SPO2_LOWEST = _metric("spo2_lowest", (), 150456, "%", "50", "100", "minimum")
SPO2_AVERAGE = _metric("spo2_average", (), 150456, "%", "50", "100", "average")
# Of a recording: how long it is (measure-active period), and for how much of that it holds a value of SpO2.
RECORDED = _metric("recorded", (), 68185, "s")
SPO2_RECORDED = _metric("spo2_recorded", (), 150456, "s")
PULSE_RATE = _metric("pulse_rate", ("8867-4", "8889-8"), 149530, "/min", "20", "350")
PERFUSION_INDEX = _metric("perfusion_index", ("61006-3",), 150488, "%", "0.01", "30")
SYSTOLIC = _metric("systolic", ("8480-6",), 150021, "mm[Hg]", "40", "300")
DIASTOLIC = _metric("diastolic", ("8462-4",), 150022, "mm[Hg]", "20", "200")
MEAN_PRESSURE = _metric("mean_pressure", ("8478-0",), 150023, "mm[Hg]", "30", "250")
CUFF_PULSE_RATE = _metric("cuff_pulse_rate", ("8867-4",), 149546, "/min", "20", "350")
CUFF_PRESSURE = _metric("cuff_pressure", (), 150300, "mm[Hg]", "0", "320")
BODY_TEMPERATURE = _metric("body_temperature", ("8310-5",), 150364, "Cel", "30", "45")
BODY_WEIGHT = _metric("body_weight", ("29463-7",), 188736, "kg", "1", "400")
BODY_HEIGHT = _metric("body_height", ("8302-2",), 188740, "cm", "30", "250")
BODY_MASS_INDEX = _metric("body_mass_index", ("39156-5",), 188752, "kg/m2", "5", "100")
BODY_FAT = _metric("body_fat", ("41982-0",), 188748, "%", "2", "75")
# A meter says which unit it shows: both are kept as they are, as two metrics. The MDC code is the general one
# (MDC_CONC_GLU_GEN), as a meter often does not know from where the blood was taken.
GLUCOSE_MASS = _metric("glucose_mass", ("2339-0",), 160020, "mg/dL", "20", "600")
GLUCOSE_MOLAR = _metric("glucose_molar", ("15074-8",), 160020, "mmol/L", "1.1", "33.3")
HEART_RATE = _metric("heart_rate", ("8867-4",), 147842, "/min", "20", "350")
PLETH = _metric("pleth", (), 150452, "1")
# Counts of the converter: no board says what a millivolt is.
ECG = _metric("ecg", (), 131328, "1")

ALL_METRICS: dict[str, Metric] = {
    m.key: m
    for m in (
        SPO2, SPO2_LOWEST, SPO2_AVERAGE, RECORDED, SPO2_RECORDED, PULSE_RATE, PERFUSION_INDEX, SYSTOLIC,
        DIASTOLIC, MEAN_PRESSURE, CUFF_PULSE_RATE, CUFF_PRESSURE, BODY_TEMPERATURE, BODY_WEIGHT,
        BODY_HEIGHT, BODY_MASS_INDEX, BODY_FAT, GLUCOSE_MASS, GLUCOSE_MOLAR, HEART_RATE, PLETH, ECG,
    )
}  # fmt: skip
