from kiosk.call.congestion.copies import Copies

_SIZE, _APART_S = 1000, 0.01  # 800 kbit/s of pictures


def copied(loss: float, rate_bps: int, packets: int = 400) -> float:
    """The share of the packets that is sent twice, once the meter is warm."""
    copies = Copies()
    wanted = [copies.wanted(_SIZE, loss, rate_bps, n * _APART_S) for n in range(packets)]
    return sum(wanted[200:]) / (packets - 200)


def test_all_are_copied_where_much_is_lost_and_the_line_has_room() -> None:
    assert copied(0.1, 3_000_000) == 1.0


def test_none_on_a_line_that_loses_little() -> None:
    assert copied(0.03, 3_000_000) == 0.0


def test_none_where_the_line_is_full() -> None:
    assert copied(0.1, 1_000_000) == 0.0


def test_as_many_as_there_is_room_for() -> None:
    assert 0.4 < copied(0.1, 1_510_000) < 0.6
