"""Who, when and which: turns a decoder's events into readings and waveforms."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from devices.event import Measured, Samples
from devices.measuring import is_implausible
from devices.reading import Clock, DeviceIdentity, Kind, Quality, Quantity, Reading, Waveform

_RESOLUTION = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_MAX_DRIFT = timedelta(seconds=2)


def local_now() -> datetime:
    """The kiosk's clock, with its zone."""
    return datetime.now().astimezone()


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """What the device's clock showed when it was read, and when it was then set right, if it was.

    `device_now` is naive, as devices have no zone; `kiosk_now` is the kiosk's time at that moment.
    """

    device_now: datetime
    kiosk_now: datetime
    set_at: datetime | None = None

    @classmethod
    def unpacked(cls, data: bytes) -> "DeviceClock":
        """The inverse of `packed`. Raises ValueError."""
        try:
            device_now, *kiosk_times = map(datetime.fromisoformat, data.decode().split())
            return cls(device_now.replace(tzinfo=None), *(each.astimezone() for each in kiosk_times))
        except (TypeError, OverflowError) as error:
            raise ValueError("not a clock") from error

    def packed(self) -> bytes:
        """As it is kept in a capture."""
        times = (self.device_now, self.kiosk_now, *([self.set_at] if self.set_at else []))
        return " ".join(each.isoformat() for each in times).encode()

    def is_right(self, tolerance_s: float) -> bool:
        """Off by no more than `tolerance_s`."""
        off = self.kiosk_now.replace(tzinfo=None) - self.device_now
        return abs(off) <= timedelta(seconds=tolerance_s)

    def correct(self, device_time: datetime, arrived: datetime) -> tuple[datetime, timedelta]:
        """Kiosk time of a device time, and what was added to it.

        A record from before the clock was set is on the old clock.
        """
        as_given = device_time.astimezone()
        if self.set_at is not None and self.set_at - _RESOLUTION <= as_given <= arrived + _RESOLUTION:
            return as_given, timedelta(0)
        offset = self.kiosk_now.replace(tzinfo=None) - self.device_now
        return self.kiosk_now - (self.device_now - device_time), offset


class Stamp:
    """Stamps the events of one instrument, over all its connections."""

    def __init__(self, kind: Kind, identity: DeviceIdentity, now: Callable[[], datetime] = local_now) -> None:
        self.identity = identity
        self.device_clock: DeviceClock | None = None
        self._kind = kind
        self._now = now
        self._sequences: dict[str, int] = {}
        self._ends: dict[str, datetime] = {}

    def reconnected(self) -> None:
        """Samples were lost and the device's clock is unknown again."""
        self.interrupted()
        self.device_clock = None

    def clock_shown(self, device_now: datetime, to_the_minute: bool = False) -> None:
        """What the device's clock says at this moment; one that was read and set before counts instead.

        Of one without seconds no more is corrected than it is off for certain.
        """
        kiosk_now = self._now()
        seconds = kiosk_now.replace(tzinfo=None) - device_now if to_the_minute else timedelta(0)
        seconds = max(timedelta(0), min(seconds, _MINUTE))
        self.device_clock = self.device_clock or DeviceClock(device_now + seconds, kiosk_now)

    def interrupted(self) -> None:
        """Samples were lost."""
        self._ends.clear()

    def reading(self, measured: Measured) -> Reading:
        """A new reading with its own id."""
        taken_at, clock, offset = self._time(measured.device_time)
        unsure = measured.device_time is not None and clock is Clock.KIOSK
        return Reading(
            id=uuid4(),
            kind=measured.kind or self._kind,
            identity=self.identity,
            taken_at=taken_at,
            clock=clock,
            quantities=measured.quantities,
            quality=measured.quality | _doubts(measured.quantities, unsure),
            raw=measured.raw,
            clock_offset_s=None if offset is None else _seconds(offset),
        )

    def waveform(self, samples: Samples) -> Waveform:
        """The next chunk: it starts where the last one ended, unless samples were lost in between."""
        key = samples.metric.key
        length = _duration(samples.period_ms, len(samples.samples))
        live_start = self._now() - length
        t0 = self._ends.get(key)
        irregular = samples.period_ms == 0
        jumped = t0 is None or abs(live_start - t0) > _MAX_DRIFT
        broken = samples.gap or (jumped and not irregular)
        if t0 is None or broken or irregular:
            t0 = live_start
        sequence = self._sequences.get(key, 0)
        self._sequences[key] = sequence + 1
        self._ends[key] = t0 + length
        gap = broken and sequence > 0
        return Waveform(
            self._kind, self.identity, samples.metric, t0, samples.period_ms, sequence, samples.samples, gap
        )

    def _time(self, device_time: datetime | None) -> tuple[datetime, Clock, timedelta | None]:
        now = self._now()
        if device_time is None:
            return now, Clock.KIOSK, None
        try:
            if self.device_clock is None:
                return device_time.astimezone(), Clock.DEVICE, None
            taken_at, offset = self.device_clock.correct(device_time, now)
        except (OverflowError, ValueError):  # a date at the beginning of time, or at its end
            return now, Clock.KIOSK, None
        return taken_at, Clock.CORRECTED, offset


def _seconds(offset: timedelta) -> Decimal:
    """Exact: timedelta counts whole microseconds."""
    return Decimal(offset // timedelta(microseconds=1)) / 1_000_000


def _duration(period_ms: Decimal, count: int) -> timedelta:
    return timedelta(milliseconds=float(period_ms * count))


def _doubts(quantities: tuple[Quantity, ...], time_unsure: bool) -> frozenset[Quality]:
    """Outside the plausible range, or at a time nobody knows: marked, never dropped."""
    marks = {Quality.TIME_UNSURE} if time_unsure else set()
    if any(map(is_implausible, quantities)):
        marks.add(Quality.IMPLAUSIBLE)
    return frozenset(marks)
