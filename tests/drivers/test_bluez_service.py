"""The agent that pairs, and the list of who is paired."""

import pytest

from drivers.bonds import Bond, bonds, forget
from drivers.instrument import DriverError, Reason
from tests.drivers.ble_room import DEVICES, Room
from tests.drivers.listener import running
from tests.fakes.ble_makes import Repeating
from tests.fakes.ble_oximeters import NoninOximeter
from tests.fakes.polling import until


async def test_only_an_instrument_of_ours_may_pair_by_itself(room: Room) -> None:
    nonin = NoninOximeter(room.radio)
    telephone = Repeating(room.radio, "Telephone", "C0:3E:00:00:00:01", "FFE0", "FFE1", (b"hello",))
    for each in (nonin, telephone):
        await room.switch_on(each)
    async with running(room.links().run()):
        await room.listener.until(lambda: bool(room.listener.readings))
        await until(lambda: room.bluez.knows(telephone.address))
        assert await room.bluez.wants_to_pair(nonin.address)
        assert not await room.bluez.wants_to_pair(telephone.address)
        assert not await room.bluez.wants_to_pair("C0:3D:00:00:00:01")


async def test_a_bond_is_listed_until_it_is_forgotten(room: Room) -> None:
    nonin = NoninOximeter(room.radio)
    await room.switch_on(nonin)
    assert await bonds(DEVICES) == []
    async with running(room.links().run()):
        await room.listener.until(lambda: bool(room.listener.readings))
        assert room.bluez.knows(nonin.address)
    assert await bonds(DEVICES) == [Bond(nonin.address, "Nonin3230", "Nonin 3230, 3150")]
    assert await forget(nonin.address.lower())
    assert not await forget(nonin.address)
    assert await bonds(DEVICES) == []
    await room.bluez.die()
    with pytest.raises(DriverError) as refused:
        await bonds(DEVICES)
    assert refused.value.reason is Reason.BLUETOOTH_MISSING
