"""What a decoder says: measurements, samples, signals and what they come with. Pure."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from devices.metrics import Metric
from devices.pictures import Picture, Pressed
from devices.reading import Kind, Quality, Quantity


class FrameError(ValueError):
    """Bytes that are not a frame of this protocol, or a damaged one. Says what is wrong, in English."""


class SignalState(StrEnum):
    """What the stream says about the sensor. READY, HANDING_OVER (a recording): nothing is measured."""

    READY = "ready"
    HANDING_OVER = "handing_over"
    MEASURING = "measuring"
    SEARCHING = "searching"
    SENSOR_OFF = "sensor_off"
    POOR_SIGNAL = "poor_signal"


@dataclass(frozen=True, slots=True)
class Measured:
    """A decoded measurement, before the driver stamps it. `device_time` is the device's own naive clock.

    `kind`: one of the device's other kinds; None is its first. `finished`: one whole act of a device that
    streams as well, as a cuff's result always is. `live`: the protocol says that it is of this moment.
    """

    quantities: tuple[Quantity, ...]
    quality: frozenset[Quality] = frozenset()
    device_time: datetime | None = None
    raw: bytes = b""
    kind: Kind | None = None
    finished: bool = False
    live: bool = False


@dataclass(frozen=True, slots=True)
class Samples:
    """Consecutive samples of one waveform; `gap` when frames were lost before them."""

    metric: Metric
    period_ms: Decimal
    samples: tuple[int, ...]
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Signal:
    """The sensor's state changed."""

    state: SignalState


@dataclass(frozen=True, slots=True)
class Battery:
    """What is left in it. `percent` None: it says no more than whether it is low."""

    percent: int | None
    is_low: bool


@dataclass(frozen=True, slots=True)
class Rejected:
    """Bytes that were thrown away: counted and logged, never shown."""

    reason: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class ClockShown:
    """What the device's own clock shows at this moment: naive, as it has no zone.

    `to_the_minute`: it shows no seconds.
    """

    device_now: datetime
    to_the_minute: bool = False


@dataclass(frozen=True, slots=True)
class Send:
    """The protocol wants this said. The driver sends it if the declaration's `may_send` says so.

    `to`: a characteristic (full UUID), where it is not the match's own.
    """

    command: bytes
    to: str = ""


class Outcome(StrEnum):
    """How a conversation ended. NOT_LET_IN: this kiosk is not the one that the device was paired with."""

    FINISHED = "finished"
    NOT_LET_IN = "not_let_in"
    NOT_UNDERSTOOD = "not_understood"


@dataclass(frozen=True, slots=True)
class Done:
    """A decoder that leads has said all: the driver hangs up."""

    outcome: Outcome


class Recall(StrEnum):
    """What came of asking for a recording. FAILED: nothing was told of it; it is still in the device."""

    TAKEN = "taken"
    NONE = "none"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Recalled:
    """A recording that was asked for: this is over, and the device measures again."""

    outcome: Recall


Event = (
    Measured | Samples | Signal | Battery | Rejected | ClockShown | Send | Done | Recalled | Picture | Pressed
)
