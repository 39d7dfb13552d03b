"""Bridges with one factory serial number: each keeps its name, whoever comes or goes beside it."""

from itertools import permutations

import pytest

from drivers.port_ids import Plug, PortIds

FIRST, SECOND, THIRD = (Plug(0x10C4, 0xEA60, "0001", f"1-{number}") for number in (1, 2, 3))
ID = "usb:10c4:ea60:0001"


def test_the_others_keep_their_names_when_one_is_pulled_out() -> None:
    ids = PortIds()
    named = ids.of((FIRST, SECOND, THIRD))
    assert named == {FIRST: ID, SECOND: f"{ID}@1-2", THIRD: f"{ID}@1-3"}
    for left in ((SECOND, THIRD), (FIRST, THIRD), (FIRST, SECOND), (THIRD,), (FIRST, SECOND, THIRD)):
        assert ids.of(left) == {plug: named[plug] for plug in left}


@pytest.mark.parametrize("order", list(permutations((FIRST, SECOND, THIRD))))
def test_a_hub_that_loses_its_power_changes_no_name(order: tuple[Plug, ...]) -> None:
    ids = PortIds()
    named = ids.of((FIRST, SECOND, THIRD))
    ids.of(())
    for count in (1, 2, 3):
        assert ids.of(order[:count]) == {plug: named[plug] for plug in order[:count]}


def test_the_only_one_has_its_name_in_any_socket_and_shares_it_with_nobody() -> None:
    ids = PortIds()
    for socket in (FIRST, SECOND, THIRD, FIRST):
        assert ids.of((socket,)) == {socket: ID}
    assert ids.of((SECOND, FIRST)) == {FIRST: ID, SECOND: f"{ID}@1-2"}


def test_without_a_serial_number_the_socket_is_the_name() -> None:
    assert PortIds().of((Plug(0x0483, 0x5750, "", "1-4"),)) == {
        Plug(0x0483, 0x5750, "", "1-4"): "usb:0483:5750:1-4"
    }


def test_one_that_is_moved_to_another_socket_keeps_its_name() -> None:
    without_number = Plug(0x067B, 0x2303, "", "1-1")
    moved = Plug(0x067B, 0x2303, "", "1-2")
    ids = PortIds()
    named = ids.of((FIRST, SECOND, without_number))
    assert ids.of((FIRST, SECOND, moved))[moved] == named[without_number]
    assert ids.of((FIRST, THIRD, moved))[THIRD] == named[SECOND]
    assert ids.of((FIRST, THIRD, moved, without_number))[without_number] == "usb:067b:2303:1-1@1-1"
