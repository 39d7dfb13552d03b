import pytest

from kiosk.call.receiving.pace import Pace, Ticks


def backlog_after(minutes: float, card_ppm: float) -> tuple[float, float]:
    """A sound card with its own clock: the most that waited, and the seconds it had nothing to play."""
    pace, waiting_s, server_s, dry_s, most_s = Pace(), 0.0, 0.02, 0.0, 0.0
    for _ in range(int(minutes * 3000)):
        waiting_s += 0.02 * pace.pieces(waiting_s)
        moved_s = min(waiting_s, 0.04 - server_s)  # the sound server holds 40 ms
        server_s, waiting_s = server_s + moved_s, waiting_s - moved_s
        played_s = 0.02 * (1 + card_ppm / 1e6)
        dry_s += max(0.0, played_s - server_s)
        server_s = max(0.0, server_s - played_s)
        most_s = max(most_s, waiting_s)
    return most_s, dry_s


def test_a_slow_card_builds_no_queue() -> None:
    assert backlog_after(10, -300)[0] < 0.06
    assert backlog_after(10, -300)[1] == 0


def test_a_fast_card_never_runs_dry() -> None:
    most_s, dry_s = backlog_after(10, 300)
    assert most_s < 0.06
    assert dry_s < 0.02


def test_a_card_that_tells_nothing_gets_one_each_time() -> None:
    assert {Pace().pieces(None) for _ in range(500)} == {1}


def test_ticks_do_not_catch_up_after_a_stall() -> None:
    ticks = Ticks(0.0)
    assert ticks.wait_s(0.0) == 0.02
    assert ticks.wait_s(0.05) == 0
    assert ticks.wait_s(10.0) == 0
    assert ticks.wait_s(10.0) == pytest.approx(0.02)
