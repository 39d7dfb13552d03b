"""Ids, times and sequence numbers."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from devices.event import Measured, Samples
from devices.metrics import CUFF_PRESSURE, PLETH, SPO2
from devices.reading import Clock, DeviceIdentity, Kind, Quality, Quantity
from drivers.stamp import DeviceClock, Stamp

NOW = datetime(2026, 3, 4, 10, 0, 0).astimezone()
NAIVE = NOW.replace(tzinfo=None)
IDENTITY = DeviceIdentity("test")


class Wall:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


def _stamp(now: Callable[[], datetime]) -> Stamp:
    return Stamp(Kind.CUFF, IDENTITY, now)


def _measured(when: datetime | None = None, value: str = "98") -> Measured:
    return Measured((Quantity(SPO2, Decimal(value)),), device_time=when, raw=b"\x01")


def test_every_reading_has_an_id_and_a_zone() -> None:
    stamp = _stamp(lambda: NOW)
    first, second = stamp.reading(_measured()), stamp.reading(_measured())
    assert first.id.version == 4
    assert first.id != second.id
    assert (first.taken_at, first.clock, first.raw) == (NOW, Clock.KIOSK, b"\x01")


def test_a_device_time_is_kept_when_its_clock_cannot_be_read() -> None:
    reading = _stamp(lambda: NOW).reading(_measured(NAIVE - timedelta(hours=30)))
    assert (reading.taken_at, reading.clock) == (NOW - timedelta(hours=30), Clock.DEVICE)


HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("offset", "device_time", "expected"),
    [
        (-HOUR, NAIVE - HOUR - 5 * MINUTE, NOW - 5 * MINUTE),  # slow clock, measured before we came
        (HOUR, NAIVE + HOUR - 5 * MINUTE, NOW - 5 * MINUTE),  # fast clock, the same
        (-HOUR, NAIVE + MINUTE, NOW + MINUTE),  # measured after the clock was set right
        (HOUR, NAIVE + MINUTE, NOW + MINUTE),
        (HOUR, NAIVE - timedelta(days=1) + HOUR, NOW - timedelta(days=1)),  # yesterday's memory
    ],
)
def test_a_wrong_clock_is_corrected(offset: timedelta, device_time: datetime, expected: datetime) -> None:
    stamp = _stamp(lambda: NOW + 2 * MINUTE)
    stamp.device_clock = DeviceClock(NAIVE + offset, NOW, set_at=NOW)
    reading = stamp.reading(_measured(device_time))
    assert (reading.taken_at, reading.clock) == (expected, Clock.CORRECTED)
    assert reading.device_time == device_time, "the correction can be undone"


@pytest.mark.parametrize("device_time", [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)])
def test_an_impossible_date_stops_nothing(device_time: datetime) -> None:
    stamp = _stamp(lambda: NOW)
    stamp.device_clock = DeviceClock(NAIVE - HOUR, NOW)
    reading = stamp.reading(_measured(device_time))
    assert (reading.taken_at, reading.clock) == (NOW, Clock.KIOSK)
    assert reading.quality == {Quality.TIME_UNSURE}


def test_only_a_correction_has_an_offset() -> None:
    stamp = _stamp(lambda: NOW)
    assert stamp.reading(_measured()).clock_offset_s is None
    assert stamp.reading(_measured(NAIVE)).clock_offset_s is None
    stamp.device_clock = DeviceClock(NAIVE - HOUR - timedelta(microseconds=250), NOW)
    assert stamp.reading(_measured(NAIVE)).clock_offset_s == Decimal("3600.00025")


def test_a_clock_that_cannot_be_set_is_corrected_always() -> None:
    stamp = _stamp(lambda: NOW + 2 * MINUTE)
    stamp.device_clock = DeviceClock(NAIVE + HOUR, NOW)
    assert stamp.reading(_measured(NAIVE + HOUR + MINUTE)).taken_at == NOW + MINUTE


def test_an_implausible_value_is_marked_and_kept() -> None:
    reading = _stamp(lambda: NOW).reading(_measured(value="31"))
    assert reading.quality == {Quality.IMPLAUSIBLE}
    assert reading.quantities[0].value == 31


def test_chunks_follow_each_other_although_they_arrive_unevenly() -> None:
    wall = Wall()
    stamp = _stamp(wall)
    chunk = Samples(PLETH, Decimal(20), (1, 2, 3, 4, 5))
    first = stamp.waveform(chunk)
    wall.time += timedelta(milliseconds=700)
    second = stamp.waveform(chunk)
    assert second.t0 - first.t0 == timedelta(milliseconds=100)
    assert (first.sequence, second.sequence, first.gap, second.gap) == (0, 1, False, False)


@pytest.mark.parametrize("lost", ["gap", "reconnected", "silence"])
def test_after_lost_samples_the_time_is_taken_anew(lost: str) -> None:
    wall = Wall()
    stamp = _stamp(wall)
    first = stamp.waveform(Samples(PLETH, Decimal(20), (1, 2, 3, 4, 5)))
    wall.time += timedelta(seconds=5 if lost == "silence" else 1)
    if lost == "reconnected":
        stamp.reconnected()
    second = stamp.waveform(Samples(PLETH, Decimal(20), (1, 2, 3, 4, 5), gap=lost == "gap"))
    assert second.gap
    assert second.sequence == first.sequence + 1
    assert second.t0 == wall.time - timedelta(milliseconds=100)


def test_values_without_a_rate_are_stamped_as_they_come() -> None:
    wall = Wall()
    stamp = _stamp(wall)
    stamp.waveform(Samples(CUFF_PRESSURE, Decimal(0), (20,)))
    wall.time += timedelta(seconds=5)
    live = stamp.waveform(Samples(CUFF_PRESSURE, Decimal(0), (40,)))
    assert (live.t0, live.gap) == (wall.time, False)


@pytest.mark.parametrize(
    ("off_s", "told_s"), [(0, 0), (30, 0), (60, 0), (90, 30), (3600, 3540), (-30, -30), (-3600, -3600)]
)
def test_of_a_clock_without_seconds_no_more_is_corrected_than_it_is_off(off_s: int, told_s: int) -> None:
    stamp = _stamp(lambda: NOW)
    stamp.clock_shown(NAIVE - timedelta(seconds=off_s), to_the_minute=True)
    reading = stamp.reading(_measured(NAIVE - HOUR))
    assert (reading.clock_offset_s, reading.device_time) == (Decimal(told_s), NAIVE - HOUR)


def test_a_clock_that_was_read_before_counts_more_than_what_is_shown_later() -> None:
    """What is shown later may have been set meanwhile."""
    stamp = _stamp(lambda: NOW)
    stamp.clock_shown(NAIVE - HOUR)
    stamp.clock_shown(NAIVE)
    reading = stamp.reading(_measured(NAIVE - HOUR - 5 * MINUTE))
    assert (reading.taken_at, reading.clock) == (NOW - 5 * MINUTE, Clock.CORRECTED)
    stamp.reconnected()
    assert stamp.device_clock is None
