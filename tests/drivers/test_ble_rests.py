"""How soon a peripheral that goes on advertising is connected to again."""

import pytest

from drivers.ble_rests import Rests
from drivers.instrument import Reason

ID = "ble:C0:40:00:00:00:01"


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize(
    ("ended", "leads", "pairing", "rest_s"),
    [
        (Reason.NONE, False, None, 1),
        (Reason.TIMEOUT, False, None, 1),
        (Reason.TIMEOUT, True, False, 1),
        (Reason.NONE, True, False, 15),
        (Reason.NONE, True, True, 15),
        (Reason.DRIVER_FAILED, True, False, 15),
        (Reason.NOT_PAIRED, True, True, 15),
        (Reason.NOT_PAIRED, True, False, 60),
        (Reason.PAIRING_REFUSED, False, None, 20),
        (Reason.PAIRING_REFUSED, True, True, 20),
    ],
)
def test_how_long_it_rests(ended: Reason, leads: bool, pairing: bool | None, rest_s: int) -> None:
    clock = Clock()
    rests = Rests(clock)
    assert rests.is_over(ID, pairing)
    rests.begin(ID, ended, leads, pairing)
    clock.now_s += rest_s - 0.5
    assert not rests.is_over(ID, pairing)
    assert rests.is_over("ble:another", pairing)
    clock.now_s += 0.5
    assert rests.is_over(ID, pairing)


@pytest.mark.parametrize("ended", [Reason.NOT_PAIRED, Reason.PAIRING_REFUSED])
def test_one_that_refused_is_wanted_again_as_soon_as_it_may_be_paired_with(ended: Reason) -> None:
    rests = Rests(Clock())
    rests.begin(ID, ended, leads=True, pairing=False)
    assert rests.is_over(ID, pairing=True)
    rests.begin(ID, ended, leads=True, pairing=True)
    assert not rests.is_over(ID, pairing=True)
    rests.forget(ID)
    assert rests.is_over(ID, pairing=False)
