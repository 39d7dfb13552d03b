from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kiosk.call.congestion.ladder import Ladder, needed_bps, rungs
from kiosk.call.streams import Size

VGA15, VGA30, HD = Size(640, 480, 15.0), Size(640, 480, 30.0), Size(1280, 720, 30.0)


def first(rate_bps: float, source: Size, processor: float = 1.0) -> Size:
    return Ladder().choose(rate_bps, source, processor, 0.0)


def test_the_rungs_keep_proportions_and_end_at_the_least() -> None:
    assert rungs(VGA30)[0] == VGA30
    assert rungs(VGA30)[-1] == Size(160, 120, 5.0)
    assert rungs(HD)[0] == HD
    assert rungs(HD)[-1] == Size(214, 120, 5.0)
    assert rungs(Size(1920, 1080, 60.0))[0] == HD
    needs = [needed_bps(size) for size in rungs(HD)]
    assert needs == sorted(needs, reverse=True)


def test_good_sizes_for_usual_rates() -> None:
    assert first(400_000, VGA30) == VGA30
    assert first(240_000, VGA30).rate_hz == 15.0
    assert first(120_000, VGA15).rate_hz == 15.0  # the face beside the otoscope, on 500 kbit/s
    assert first(57_000, VGA15).rate_hz >= 10.0  # the face, on 100 kbit/s
    assert first(25_000, VGA15) == Size(160, 120, 5.0)
    assert first(1_000_000, HD) == HD


def test_down_at_once_up_after_a_while() -> None:
    ladder = Ladder()
    assert ladder.choose(400_000, VGA30, 1.0, 0.0) == VGA30
    low = ladder.choose(100_000, VGA30, 1.0, 0.1)
    assert low.height <= 240
    assert ladder.choose(500_000, VGA30, 1.0, 0.2) == low
    assert ladder.choose(500_000, VGA30, 1.0, 3.0) == low
    assert ladder.choose(500_000, VGA30, 1.0, 3.3) == VGA30


def test_only_as_far_up_as_there_was_room_all_the_while() -> None:
    ladder = Ladder()
    assert ladder.choose(60_000, VGA30, 1.0, 0.0).height <= 240
    for tenth in range(1, 40):
        ladder.choose(150_000, VGA30, 1.0, tenth / 10)
    steady = ladder.choose(150_000, VGA30, 1.0, 4.0)
    ladder = Ladder()
    ladder.choose(60_000, VGA30, 1.0, 0.0)
    for tenth in range(1, 40):
        assert ladder.choose(150_000 if tenth < 30 else 600_000, VGA30, 1.0, tenth / 10) != VGA30
    assert ladder.choose(600_000, VGA30, 1.0, 4.0) == steady


def test_a_slow_processor_makes_it_smaller() -> None:
    limited = first(2_000_000, HD, processor=0.3)
    assert limited.width * limited.height * limited.rate_hz <= 0.3 * 1280 * 720 * 30


@given(st.floats(25e3, 2e6), st.floats(0, 0.08))
def test_a_rate_that_trembles_changes_the_size_once_at_most(rate_bps: float, part: float) -> None:
    ladder, sizes = Ladder(), list[Size]()
    for n in range(300):
        sizes.append(ladder.choose(rate_bps * (1 + (part if n % 2 else -part) / 2), VGA30, 1.0, n * 0.1))
    assert sum(a != b for a, b in pairwise(sizes)) <= 1


@given(st.integers(64, 1920), st.integers(48, 1080), st.floats(5, 60), st.floats(0, 3e6), st.floats(0.01, 1))
def test_sizes_are_even_and_no_larger_than_the_source(
    width: int, height: int, rate_hz: float, rate_bps: float, processor: float
) -> None:
    chosen = first(rate_bps, Size(width, height, rate_hz), processor)
    assert chosen.width % 2 == chosen.height % 2 == 0
    assert chosen.width <= min(1280, width + 1)
    assert chosen.height <= min(720, height + 1)
    assert chosen.rate_hz <= min(30.0, rate_hz)
