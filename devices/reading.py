"""The canonical types: a reading is one act of measurement, a waveform is a chunk of samples."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from devices.metrics import Metric


class Absent(StrEnum):
    """Why a quantity has no value. Never a magic number, never dropped silently."""

    NOT_APPLICABLE = "not_applicable"
    SENSOR_OFF = "sensor_off"
    INVALID = "invalid"


class Quality(StrEnum):
    """What the device (or the plausibility range) says about a measurement.

    RECORDING: no spot check, but statistics over a recording that was asked for. The last four say how it
    came to the patient: they are the kiosk's own.
    """

    POOR_SIGNAL = "poor_signal"
    LOW_PERFUSION = "low_perfusion"
    MOTION = "motion"
    IRREGULAR_PULSE = "irregular_pulse"
    CUFF_LOOSE = "cuff_loose"
    BAD_POSITION = "bad_position"
    CUFF_AIR = "cuff_air"
    NO_PULSE = "no_pulse"
    OVERPRESSURE = "overpressure"
    TOOK_TOO_LONG = "took_too_long"
    STOPPED = "stopped"
    OUT_OF_RANGE = "out_of_range"
    PULSE_OUT_OF_RANGE = "pulse_out_of_range"
    LOW_BATTERY = "low_battery"
    DEVICE_FAULT = "device_fault"
    CUFF_FAILED = "cuff_failed"
    EARLY_ESTIMATE = "early_estimate"
    FROM_MEMORY = "from_memory"
    RECORDING = "recording"
    DEMO = "demo"
    QUESTIONABLE = "questionable"
    FASTING = "fasting"
    BEFORE_MEAL = "before_meal"
    AFTER_MEAL = "after_meal"
    IMPLAUSIBLE = "implausible"
    BEFORE_CONSULTATION = "before_consultation"
    TIME_UNSURE = "time_unsure"
    UNKNOWN_UNIT = "unknown_unit"
    ATTACHED_BY_HELPER = "attached_by_helper"


class Clock(StrEnum):
    """Where a reading's time came from."""

    KIOSK = "kiosk"
    DEVICE = "device"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number with the unit its metric fixes, or the reason why there is none."""

    metric: Metric
    value: Decimal | None = None
    absent: Absent | None = None

    def __post_init__(self) -> None:
        if (self.value is None) == (self.absent is None):
            raise ValueError(f"{self.metric.key}: exactly one of value and absent is needed")


class Kind(StrEnum):
    """What an instrument does; a reading has the kind of the instrument that took it.

    CAMERA and MICROPHONE are the call's own: they have a state like any instrument and take no readings.
    UNKNOWN is something that is plugged in and has not been understood yet.
    """

    OXIMETER = "oximeter"
    CUFF = "cuff"
    THERMOMETER = "thermometer"
    SCALE = "scale"
    GLUCOMETER = "glucometer"
    HEART_RATE_MONITOR = "heart_rate_monitor"
    ECG = "ecg"
    OTOSCOPE = "otoscope"
    STETHOSCOPE = "stethoscope"
    CAMERA = "camera"
    MICROPHONE = "microphone"
    UNKNOWN = "unknown"


# These show themselves only when they have measured: not seen yet is good enough.
SHY = frozenset({Kind.CUFF, Kind.THERMOMETER, Kind.SCALE, Kind.GLUCOMETER})

# Passers-by wear these, and they speak to whoever comes: served only where the site says that it owns one.
WORN = frozenset({Kind.HEART_RATE_MONITOR})


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """Who measured: the catalogue key, and what the unit in hand says of itself."""

    device: str
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A still picture as people saw it, or a sound clip as the device gave it. `site`: where on the body.

    `turned_deg` (clockwise: 0, 90, 180 or 270), then `mirrored`: what was done to the camera's picture.
    """

    content_type: str
    data: bytes
    site: str = ""
    turned_deg: int = 0
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """One act of measurement. `id` is minted at capture: the idempotency key everywhere.

    `clock_offset_s`: of a corrected time, kiosk minus device: `taken_at` less this is what the device gave.
    """

    id: UUID
    kind: Kind
    identity: DeviceIdentity
    taken_at: datetime
    clock: Clock
    quantities: tuple[Quantity, ...]
    quality: frozenset[Quality] = frozenset()
    raw: bytes = b""
    attachment: Attachment | None = None
    clock_offset_s: Decimal | None = None

    def __post_init__(self) -> None:
        if self.taken_at.tzinfo is None:
            raise ValueError("taken_at needs a time zone")

    @property
    def device_time(self) -> datetime | None:
        """What the device's own clock gave, naive as it came; None when it gave none."""
        wall = self.taken_at.replace(tzinfo=None)
        if self.clock is Clock.DEVICE:
            return wall
        if self.clock is Clock.CORRECTED and self.clock_offset_s is not None:
            return wall - timedelta(microseconds=int(self.clock_offset_s * 1_000_000))
        return None


@dataclass(frozen=True, slots=True)
class Waveform:
    """A chunk of samples: `samples[i]` was taken at `t0 + i * period_ms`. `gap`: some were lost before it."""

    kind: Kind
    identity: DeviceIdentity
    metric: Metric
    t0: datetime
    period_ms: Decimal
    sequence: int
    samples: tuple[int, ...] = field(default=())
    gap: bool = False
