"""How fast samples come, told by the clock alone: the declared rate, and what is missing."""

from collections.abc import Iterator

import numpy as np
import pytest

from drivers.instrument import DriverError, Reason
from drivers.pcm_pace import Pace

RATE_HZ = 4_000
PART = 120  # samples of one notification, 30 ms


def arrivals(rate_hz: float, seconds: float, jitter_s: float = 0.0) -> Iterator[float]:
    """When each part comes, never before the one before it."""
    late_s = np.random.default_rng(1).uniform(0, jitter_s, int(seconds * rate_hz / PART))
    at_s = 0.0
    for n, late in enumerate(late_s):
        at_s = max(at_s, n * PART / rate_hz + late)
        yield 1000 + at_s


def missing(times: Iterator[float], drop: range = range(0), held: range = range(0)) -> list[int]:
    """What is told; parts of `drop` never come, those of `held` come with the one after."""
    pace, waiting, told = Pace(RATE_HZ), 0, list[int]()
    for n, at_s in enumerate(times):
        if n in held:
            waiting += PART
        elif n not in drop:
            told.append(pace.took(PART + waiting, at_s))
            waiting = 0
    return told


@pytest.mark.parametrize("rate_hz", [3_970, 4_000, 4_030])
def test_a_clock_that_is_a_little_off_loses_nothing(rate_hz: int) -> None:
    assert sum(missing(arrivals(rate_hz, 120, jitter_s=0.04))) == 0


@pytest.mark.parametrize("rate_hz", [2_000, 4_410, 5_512, 8_000, 44_100])
def test_another_rate_than_the_declared_one_is_refused(rate_hz: int) -> None:
    with pytest.raises(DriverError) as refused:
        missing(arrivals(rate_hz, 10))
    assert refused.value.reason is Reason.GARBLED


@pytest.mark.parametrize("rate_hz", [2_000, 8_000])
def test_nothing_of_twice_or_half_the_rate_is_ever_believed(rate_hz: int) -> None:
    pace = Pace(RATE_HZ)
    with pytest.raises(DriverError):
        for at_s in arrivals(rate_hz, 5):
            pace.took(PART, at_s)
            assert not pace.is_proved


@pytest.mark.parametrize("parts", [3, 5, 8])
def test_what_is_lost_is_told_once_within_a_second(parts: int) -> None:
    told = missing(arrivals(RATE_HZ, 20, jitter_s=0.02), drop=range(300, 300 + parts))
    (at,) = [n for n, lost in enumerate(told) if lost]
    assert 300 <= at <= 300 + 34
    lost_ms = parts * 1000 * PART / RATE_HZ
    assert abs(told[at] * 20 - lost_ms) <= 40


def test_a_few_here_and_there_are_told_once_they_count() -> None:
    pace, told = Pace(RATE_HZ), 0
    for n, at_s in enumerate(arrivals(RATE_HZ, 30)):
        if n % 20 or n < 100:  # 5 % of them
            told += pace.took(PART, at_s)
    assert 0.6 < told * 0.02 / (900 * 0.03 * 0.05) < 1.4


def test_what_only_comes_late_is_not_lost() -> None:
    assert sum(missing(arrivals(RATE_HZ, 20), held=range(300, 309))) == 0
