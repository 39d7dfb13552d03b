"""Synthetic readings and waves."""

import math
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
)  # fmt: skip

IDENTITIES = {
    Kind.OXIMETER: DeviceIdentity("contec_cms50d", "Contec", "CMS50D+"),
    Kind.CUFF: DeviceIdentity("sig_cuff", "A&D", "UA-651BLE"),
    Kind.THERMOMETER: DeviceIdentity("sig_thermometer", "A&D", "UT-201BLE"),
    Kind.SCALE: DeviceIdentity("sig_weight_scale", "A&D", "UC-352BLE"),
    Kind.GLUCOMETER: DeviceIdentity("sig_glucose", "Roche", "Accu-Chek Guide"),
    Kind.OTOSCOPE: DeviceIdentity("uvc_otoscope", "Firefly", "DE551"),
    Kind.STETHOSCOPE: DeviceIdentity("usb_stethoscope", "Thinklabs", "One"),
}
PERIOD_MS = Decimal("16.667")
CHUNK = 10


def reading(
    kind: Kind,
    *quantities: tuple[Metric, str | Absent],
    quality: tuple[Quality, ...] = (),
    attachment: Attachment | None = None,
    age_s: float = 0,
) -> Reading:
    parts = tuple(
        Quantity(metric, absent=value) if isinstance(value, Absent) else Quantity(metric, Decimal(value))
        for metric, value in quantities
    )
    taken_at = datetime.now(UTC) - timedelta(seconds=age_s)
    return Reading(
        uuid4(), kind, IDENTITIES[kind], taken_at, Clock.KIOSK, parts, frozenset(quality), b"", attachment
    )


def oximeter(spo2: str | Absent = "97", pulse: str | Absent = "72", *quality: Quality) -> Reading:
    return reading(
        Kind.OXIMETER, (metrics.SPO2, spo2), (metrics.PULSE_RATE, pulse),
        (metrics.PERFUSION_INDEX, Absent.SENSOR_OFF if spo2 == Absent.SENSOR_OFF else "3.40"),
        quality=quality,
    )  # fmt: skip


def night(*quality: Quality) -> Reading:
    """Read from a memory at the helper's word, and attached."""
    return reading(
        Kind.OXIMETER, (metrics.RECORDED, "28000"), (metrics.SPO2_RECORDED, "27000"),
        (metrics.SPO2_LOWEST, "82"), (metrics.SPO2_AVERAGE, "95.4"),
        quality=(Quality.RECORDING, Quality.FROM_MEMORY, Quality.ATTACHED_BY_HELPER, *quality), age_s=36_000,
    )  # fmt: skip


def cuff(age_s: float = 0, *quality: Quality) -> Reading:
    return reading(
        Kind.CUFF, (metrics.SYSTOLIC, "128"), (metrics.DIASTOLIC, "79"), (metrics.MEAN_PRESSURE, "95"),
        (metrics.CUFF_PULSE_RATE, "74"), quality=quality, age_s=age_s,
    )  # fmt: skip


def thermometer(age_s: float = 0, value: str = "36.70", *quality: Quality) -> Reading:
    return reading(Kind.THERMOMETER, (metrics.BODY_TEMPERATURE, value), quality=quality, age_s=age_s)


def otoscope_picture() -> Reading:
    return reading(Kind.OTOSCOPE, attachment=Attachment("image/jpeg", b"\xff\xd8\xff", ""))


def beat(phase: float) -> int:
    """A pulse wave with its dicrotic notch, 0 to 100."""
    main = math.exp(-(((phase - 0.22) / 0.11) ** 2))
    return int(8 + 84 * main + 30 * math.exp(-(((phase - 0.55) / 0.12) ** 2)))


def pleth(sequence: int, t0: datetime, gap: bool = False) -> Waveform:
    """Chunk `sequence` of a wave at 72 beats a minute that began at `t0`."""
    start = sequence * CHUNK
    samples = tuple(beat((n * float(PERIOD_MS) / 1000 * 1.2) % 1) for n in range(start, start + CHUNK))
    when = t0 + timedelta(milliseconds=float(PERIOD_MS) * start)
    return Waveform(
        Kind.OXIMETER, IDENTITIES[Kind.OXIMETER], metrics.PLETH, when, PERIOD_MS, sequence, samples, gap
    )


def ecg(sequence: int, t0: datetime) -> Waveform:
    """Chunk `sequence` of 64 samples at 512 Hz, a ramp, that began at `t0`."""
    when, period_ms = t0 + timedelta(milliseconds=125 * sequence), Decimal("1.953125")
    identity = DeviceIdentity("bmd101", "", "BMD101 ECG")
    return Waveform(Kind.ECG, identity, metrics.ECG, when, period_ms, sequence, tuple(range(-32, 32)))


def cuff_pressure(mmhg: int) -> Waveform:
    return Waveform(
        Kind.CUFF, IDENTITIES[Kind.CUFF], metrics.CUFF_PRESSURE, datetime.now(UTC), Decimal(0), 0, (mmhg,)
    )
