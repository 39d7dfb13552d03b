"""Readings and waveforms for call tests."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

from devices.metrics import PERFUSION_INDEX, PLETH, PULSE_RATE, SPO2
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

OXIMETER = DeviceIdentity("contec_cms50dplus", "Contec", "CMS50D+", "A1")
WHEN = datetime(2026, 3, 9, 14, 30, 15, 250000, tzinfo=UTC)


def oximetry(spo2: str = "97", attachment: Attachment | None = None) -> Reading:
    return Reading(
        id=uuid4(),
        kind=Kind.OXIMETER,
        identity=OXIMETER,
        taken_at=WHEN,
        clock=Clock.KIOSK,
        quantities=(
            Quantity(SPO2, Decimal(spo2)),
            Quantity(PULSE_RATE, Decimal("72")),
            Quantity(PERFUSION_INDEX, absent=Absent.NOT_APPLICABLE),
        ),
        quality=frozenset({Quality.MOTION, Quality.LOW_PERFUSION}),
        attachment=attachment,
    )


def pleth(sequence: int) -> Waveform:
    return Waveform(
        Kind.OXIMETER, OXIMETER, PLETH, WHEN, Decimal("16.667"), sequence, tuple(range(10)), gap=sequence == 3
    )
