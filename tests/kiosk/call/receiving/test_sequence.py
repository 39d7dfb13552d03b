from hypothesis import given
from hypothesis import strategies as st

from kiosk.call.receiving.sequence import Sequence, Timestamps, signed


def test_a_wrap_is_no_jump() -> None:
    sequence = Sequence()
    assert [sequence.extend(n) for n in (65_534, 65_535, 0, 65_533, 1)] == [
        65_534, 65_535, 65_536, 65_533, 65_537,
    ]  # fmt: skip


def test_a_jump_must_be_confirmed() -> None:
    sequence = Sequence()
    assert sequence.extend(100) == 100
    assert sequence.extend(30_000) is None
    assert sequence.extend(101) == 101
    assert sequence.extend(30_000) is None
    assert sequence.extend(30_001) == 30_001
    assert sequence.extend(500) is None
    assert (sequence.extend(501) or 0) > 60_000


@given(st.lists(st.integers(0, 65_535), max_size=200))
def test_the_number_stays_the_same_below_the_wrap(numbers: list[int]) -> None:
    sequence = Sequence()
    for number in numbers:
        extended = sequence.extend(number)
        assert extended is None or (extended >= 0 and extended % 65_536 == number)


def test_timestamps_grow_beyond_32_bits() -> None:
    timestamps = Timestamps()
    start = (1 << 32) - 10
    assert [timestamps.extend(t) for t in (start, 20, start + 5)] == [start, start + 30, start + 5]


def test_the_shortest_way() -> None:
    assert signed(65_535, 16) == -1
    assert signed(-65_535, 16) == 1
