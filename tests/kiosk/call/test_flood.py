"""How much a page may say."""

from kiosk.call.flood import Flood


def passed(flood: Flood, rate_hz: int, from_s: int, to_s: int) -> int:
    return sum(flood.passes(n / rate_hz) for n in range(from_s * rate_hz, to_s * rate_hz))


def test_what_a_page_needs_always_passes() -> None:
    assert passed(Flood(), 150, 0, 60) == 150 * 60


def test_a_flood_is_cut_to_two_hundred_a_second_and_forgiven() -> None:
    flood = Flood()
    passed(flood, 2000, 0, 5)
    assert 199 <= passed(flood, 2000, 5, 6) <= 201
    assert passed(flood, 150, 20, 25) == 150 * 5


def test_a_burst_passes() -> None:
    flood = Flood()
    assert sum(flood.passes(7.0) for _ in range(3000)) == 1000
