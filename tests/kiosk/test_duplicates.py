"""Each act of measurement counts once, however often and by whatever way it is delivered."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from devices.event import Measured
from devices.metrics import PERFUSION_INDEX, PULSE_RATE, SPO2, Metric
from devices.reading import DeviceIdentity, Kind, Quality, Quantity, Reading
from drivers.stamp import DeviceClock, Stamp
from kiosk.duplicates import REMEMBERED, TOLERANCE, Duplicates

NOW = datetime(2026, 3, 4, 10, 0).astimezone()
NAIVE = NOW.replace(tzinfo=None)
UNIT = DeviceIdentity("sig_pulse_oximeter", "TestMed", "P", "P-1", "1.0", "00:00:5E:00:53:01")
MEMORY = frozenset({Quality.FROM_MEMORY})

Act = tuple[int, str]  # seconds after NOW by the device's clock, what it measured
SPREAD_S = 40
ACTS = st.lists(
    st.tuples(st.integers(0, SPREAD_S), st.sampled_from(["96", "97", "98"])), unique=True, max_size=8
)


def numbers(spo2: str, pulse: str = "72", index: str | None = None) -> tuple[Quantity, ...]:
    given_: list[tuple[Metric, str | None]] = [(SPO2, spo2), (PULSE_RATE, pulse), (PERFUSION_INDEX, index)]
    return tuple(Quantity(metric, Decimal(value)) for metric, value in given_ if value is not None)


def delivered(
    act: Act,
    *,
    unit: DeviceIdentity = UNIT,
    offset: timedelta | None = None,
    quality: frozenset[Quality] = frozenset(),
) -> Reading:
    """On a connection whose device's clock was found to be `offset` behind ours; None: it cannot be read."""
    stamp = Stamp(Kind.OXIMETER, unit, lambda: NOW)
    if offset is not None:
        stamp.device_clock = DeviceClock(NAIVE - offset, NOW)
    return stamp.reading(Measured(numbers(act[1]), quality, NAIVE + timedelta(seconds=act[0])))


def live(act: Act, late_s: float = 0.0) -> Reading:
    arrived = NOW + timedelta(seconds=act[0] + late_s)
    return Stamp(Kind.OXIMETER, UNIT, lambda: arrived).reading(Measured(numbers(act[1], index="2.5")))


def taken(known: Duplicates, readings: list[Reading]) -> list[Reading]:
    """Those that are no duplicates."""
    new = []
    for reading in readings:
        if not known.seen(reading):
            known.remember(reading)
            new.append(reading)
    return new


OFFSETS = st.none() | st.timedeltas(timedelta(hours=-3), timedelta(hours=3))
CUT_SHORT = st.sampled_from([UNIT, replace(UNIT, serial=""), replace(UNIT, address="", firmware="")])
DELIVERIES = st.lists(st.tuples(OFFSETS, CUT_SHORT, st.sampled_from([frozenset(), MEMORY])), max_size=4)


@given(ACTS, DELIVERIES)
def test_stamped_acts_count_once_over_any_number_of_connections(
    acts: list[Act], again: list[tuple[timedelta | None, DeviceIdentity, frozenset[Quality]]]
) -> None:
    """Equal values at two times are two acts; one act is one, whatever its clock is corrected by."""
    known = Duplicates()
    first = taken(known, [delivered(act, offset=timedelta(0)) for act in acts])
    assert len(first) == len(acts)
    for offset, unit, quality in again:
        assert taken(known, [delivered(a, unit=unit, offset=offset, quality=quality) for a in acts]) == []


@given(ACTS, st.floats(0, TOLERANCE.total_seconds() - SPREAD_S))
def test_a_live_result_and_its_record_in_the_memory_are_one_act(acts: list[Act], late_s: float) -> None:
    """A memory holds no more of the acts that were live than there were, and all that were not."""
    known = Duplicates()
    taken(known, [live(act, late_s) for act in acts])
    memory = [delivered(act, offset=timedelta(0), quality=MEMORY) for act in acts]
    assert taken(known, memory) == []
    others = [delivered((s - 3600, v), offset=timedelta(0), quality=MEMORY) for s, v in acts]
    assert len(taken(known, others)) == len(acts)


def test_two_equal_records_for_one_live_result_are_two_acts() -> None:
    known = Duplicates()
    taken(known, [live((0, "97"))])
    memory = [delivered((s, "97"), offset=timedelta(0), quality=MEMORY) for s in (-30, 0)]
    assert len(taken(known, memory)) == 1


def test_a_record_of_long_before_is_another_act() -> None:
    known = Duplicates()
    taken(known, [live((0, "97"))])
    assert len(taken(known, [delivered((-300, "97"), offset=timedelta(0), quality=MEMORY)])) == 1


def test_two_equal_live_results_stay_two() -> None:
    assert len(taken(Duplicates(), [live((0, "97")), live((1, "97"))])) == 2


def test_a_record_that_says_more_or_something_else_is_no_duplicate() -> None:
    known = Duplicates()
    first = delivered((0, "97"), offset=timedelta(0))
    more = replace(first, quantities=numbers("97", index="2.5"))
    other = replace(first, identity=replace(UNIT, serial="P-2"))
    moved = replace(first, identity=replace(UNIT, serial="", address="00:00:5E:00:53:02"))
    assert len(taken(known, [first, more, other, moved])) == 4
    trimmed = replace(first, quantities=(Quantity(SPO2, Decimal("97.0")),))
    assert known.seen(trimmed), "fewer values of the same act, with other digits"


def test_records_without_a_date_that_nothing_tells_apart_are_one() -> None:
    known = Duplicates()
    undated = replace(live((0, "95")), quality=MEMORY)
    later = replace(undated, taken_at=NOW + timedelta(minutes=10))
    next_patients = replace(undated, id=uuid4(), taken_at=NOW + timedelta(hours=1))
    assert taken(known, [undated, later, next_patients]) == [undated, next_patients]


def test_what_nobody_has_seen_counts_when_it_comes_again() -> None:
    known = Duplicates()
    reading = delivered((0, "97"), offset=timedelta(0))
    known.remember(reading)
    known.forget(reading)
    assert not known.seen(reading)


def test_it_remembers_the_newest_and_no_more() -> None:
    known = Duplicates()
    acts = [delivered((s, "97"), offset=timedelta(0)) for s in range(REMEMBERED + 1)]
    taken(known, acts)
    assert [known.seen(replace(act, id=uuid4())) for act in (acts[0], acts[1])] == [False, True]
