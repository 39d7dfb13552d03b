"""What a line carries, from how packets arrive while it is busy."""

import pytest

from kiosk.call.congestion.busy_rate import BusyRate

PACKET_BYTES = 1000
AWAY_S = 500.0  # between the clocks of both ends


def picture(rate: BusyRate, sent_s: float, packets: int, line_bps: float) -> None:
    """All packets of a picture are sent at once; the line lets them through one after the other."""
    for n in range(packets):
        rate.add(sent_s, AWAY_S + sent_s + n * PACKET_BYTES * 8 / line_bps, PACKET_BYTES)


@pytest.mark.parametrize("line_bps", [200e3, 800e3])
def test_pauses_between_pictures_are_not_counted(line_bps: float) -> None:
    rate = BusyRate()
    for n in range(10):
        picture(rate, n * 1.0, 20, line_bps)
    assert rate.bps == pytest.approx(line_bps)


def test_a_line_that_has_become_narrow_is_known_at_once() -> None:
    rate = BusyRate()
    for n in range(100):
        rate.add(n * 0.004, AWAY_S + n * 0.004, PACKET_BYTES)  # 2 Mbit/s and no queue
    picture(rate, 0.4, 10, 500e3)
    assert rate.bps == pytest.approx(500e3)


def test_a_line_that_never_fills_does_not_tell() -> None:
    rate = BusyRate()
    assert rate.bps is None
    for n in range(100):
        rate.add(n * 0.02, AWAY_S + n * 0.02, PACKET_BYTES)
    assert rate.bps is None
