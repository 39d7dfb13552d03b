"""Synthetic instruments and readings for the screens."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from devices import metrics
from devices.metrics import Metric
from devices.reading import (
    Absent,
    Attachment,
    Clock,
    DeviceIdentity,
    Kind,
    Quality,
    Quantity,
    Reading,
    Waveform,
)
from kiosk.events import InstrumentState, InstrumentStatus, Reason

AT = datetime(2026, 11, 23, 14, 35, 7, tzinfo=UTC)


def reading(
    kind: Kind, *values: tuple[Metric, str | Absent], quality: frozenset[Quality] = frozenset()
) -> Reading:
    quantities = tuple(
        Quantity(m, absent=v) if isinstance(v, Absent) else Quantity(m, Decimal(v)) for m, v in values
    )
    return Reading(uuid4(), kind, DeviceIdentity("sample"), AT, Clock.KIOSK, quantities, quality)


def oximeter(spo2: str = "97") -> Reading:
    return reading(
        Kind.OXIMETER,
        (metrics.SPO2, spo2),
        (metrics.PULSE_RATE, "72"),
        (metrics.PERFUSION_INDEX, "2.50"),
    )


def cuff() -> Reading:
    return reading(
        Kind.CUFF,
        (metrics.SYSTOLIC, "128"),
        (metrics.DIASTOLIC, "82"),
        (metrics.MEAN_PRESSURE, Absent.INVALID),
        (metrics.CUFF_PULSE_RATE, "71"),
        quality=frozenset({Quality.IRREGULAR_PULSE}),
    )


def old_cuff() -> Reading:
    """As the kiosk sets it aside."""
    return replace(
        cuff(),
        identity=DeviceIdentity("sig_blood_pressure", "A&D", "UA-651BLE"),
        taken_at=AT - timedelta(days=2),
        clock=Clock.CORRECTED,
        quality=frozenset({Quality.IRREGULAR_PULSE, Quality.BEFORE_CONSULTATION}),
    )


def old_thermometer() -> Reading:
    return replace(thermometer(), clock=Clock.DEVICE, quality=frozenset({Quality.TIME_UNSURE}))


def thermometer() -> Reading:
    return reading(Kind.THERMOMETER, (metrics.BODY_TEMPERATURE, "36.60"))


def scale() -> Reading:
    return reading(Kind.SCALE, (metrics.BODY_WEIGHT, "68.40"), (metrics.BODY_MASS_INDEX, "23.1"))


def glucometer() -> Reading:
    return reading(Kind.GLUCOMETER, (metrics.GLUCOSE_MASS, "104"))


def sound() -> Reading:
    taken = reading(Kind.STETHOSCOPE)
    return Reading(
        taken.id, taken.kind, taken.identity, AT, Clock.KIOSK, (),
        attachment=Attachment("audio/flac", b"", "mitral"),
    )  # fmt: skip


def instruments(state: InstrumentState = InstrumentState.READY) -> tuple[InstrumentStatus, ...]:
    return tuple(InstrumentStatus(f"id-{kind.value}", kind, kind.value, state) for kind in Kind)


def mixed() -> tuple[InstrumentStatus, ...]:
    return (
        InstrumentStatus("1", Kind.OXIMETER, "Contec CMS50D+", InstrumentState.MEASURING),
        InstrumentStatus("2", Kind.CUFF, "Cuff", InstrumentState.LOST, Reason.TIMEOUT),
        InstrumentStatus("3", Kind.THERMOMETER, "Thermometer", InstrumentState.READY),
        InstrumentStatus("4", Kind.OTOSCOPE, "Otoscope", InstrumentState.READY),
        InstrumentStatus("5", Kind.STETHOSCOPE, "Stethoscope", InstrumentState.READY),
    )


def pleth(samples: tuple[int, ...], *, gap: bool = False, sequence: int = 0) -> Waveform:
    return Waveform(
        Kind.OXIMETER, DeviceIdentity("sample"), metrics.PLETH, AT, Decimal("16.667"), sequence, samples, gap
    )


def ecg(samples: tuple[int, ...]) -> Waveform:
    return Waveform(Kind.ECG, DeviceIdentity("sample"), metrics.ECG, AT, Decimal("1.953125"), 0, samples)


def pressure(value: int) -> Waveform:
    return Waveform(Kind.CUFF, DeviceIdentity("sample"), metrics.CUFF_PRESSURE, AT, Decimal(0), 0, (value,))
