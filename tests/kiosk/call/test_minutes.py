"""Minutes of the line, with a clock of our own."""

from datetime import UTC, datetime, timedelta

from kiosk.call.minutes import Figures, Minutes
from kiosk.session import LineMinute

START = datetime(2026, 3, 9, 14, 30, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_minute_is_told_when_it_is_over() -> None:
    minutes = Minutes()
    told = [
        minutes.add(after(2 * n), Figures(True, 50 + n, 0.01, 20_000 * n, 10_000 * n, 0.002))
        for n in range(31)
    ]
    assert told[:-1] == [None] * 30
    assert told[-1] == LineMinute(START, 65, 10, 80, 40, 2, 0)


def test_a_call_that_ends_within_a_minute_has_figures_too() -> None:
    minutes = Minutes()
    assert minutes.rest() is None
    for n in range(6):
        minutes.add(after(2 * n), Figures(True, 50, 0.01, 20_000 * n, 10_000 * n, 0.002))
    assert minutes.rest() == LineMinute(START, 50, 10, 80, 40, 2, 0)
    assert minutes.rest() is None  # told once


def test_a_new_connection_counts_from_nothing_and_the_cut_is_told() -> None:
    minutes = Minutes()
    minutes.add(after(0), Figures(True, 50, 0.0, 1_000_000, 500_000))
    minutes.add(after(20), Figures(True, 50, 0.0, 1_300_000, 650_000))
    for second in range(22, 34, 2):
        minutes.add(after(second), Figures(False))
    minute = minutes.add(after(60), Figures(True, 50, 0.0, 150_000, 75_000))
    assert minute is not None
    assert (minute.sent_kbps, minute.received_kbps, minute.cut_s) == (193, 97, 12)


def test_what_was_never_measured_is_not_zero() -> None:
    minutes = Minutes()
    minutes.add(after(0), Figures(False))
    minute = minutes.add(after(60), Figures(False))
    assert minute is not None
    assert (minute.rtt_ms, minute.lost_per_mille, minute.concealed_per_mille) == (None, None, None)
    assert minute.cut_s == 60
