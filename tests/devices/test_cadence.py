"""The rule that turns a stream into readings."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from devices.cadence import Cadence

contents = st.lists(st.integers(0, 2), max_size=200)


def test_a_change_that_comes_too_soon_is_not_forgotten() -> None:
    cadence = Cadence(3, 10)
    assert [cadence.due(content) for content in "abbbb"] == [True, False, False, True, False]


def test_a_change_that_went_away_again_is_no_reading() -> None:
    cadence = Cadence(3, 10)
    assert [cadence.due(content) for content in "abbaaaaaaaa"] == [True, *[False] * 9, True]


def test_what_must_not_be_repeated_is_said_once() -> None:
    cadence = Cadence(1, 2)
    assert [cadence.due("off", repeat=False) for _ in range(6)] == [True, *[False] * 5]
    assert cadence.due("on")


def test_skipped_frames_count_as_time() -> None:
    cadence = Cadence(1, 3)
    cadence.due("a")
    cadence.skip()
    cadence.skip()
    assert cadence.due("a")


@given(content=contents, soonest=st.integers(1, 6), extra=st.integers(0, 6))
def test_readings_are_never_nearer_than_soonest_nor_farther_than_latest(
    content: list[int], soonest: int, extra: int
) -> None:
    cadence = Cadence(soonest, soonest + extra)
    due = [index for index, value in enumerate(content) if cadence.due(value)]
    gaps = [after - before for before, after in pairwise(due)]
    assert all(soonest <= gap <= soonest + extra for gap in gaps)
    assert due[:1] == [0] or not content
