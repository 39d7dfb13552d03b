"""A stethoscope board by Bluetooth, heard as any other: bleak's own BlueZ backend and a real GATT server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from devices.catalog.ble_stethoscope import DEVICE
from devices.device import PcmMatch
from drivers import ble_board
from drivers.ble import BleLinks
from drivers.ble_board import BleBoard
from drivers.instrument import InstrumentState, Reason
from tests.drivers.ble_room import DEVICES, Room
from tests.drivers.board_bench import CHEST, Bench, board_bench, is_of_the_chest
from tests.drivers.status_log import until
from tests.fakes.ble_pcm import PcmPeripheral
from tests.fakes.pcm import RATE_HZ

assert isinstance(DEVICE.match, PcmMatch)
PCM = DEVICE.match


@asynccontextmanager
async def bench(room: Room, address: str, pcm: PcmMatch = PCM) -> AsyncIterator[Bench]:
    """Beside the drivers of all other Bluetooth instruments, whose scanner finds it."""
    board = BleBoard(DEVICE, address, pcm)
    links = BleLinks(DEVICES, room.listener, board=board)
    async with board_bench(DEVICE, board, links.run()) as b:
        yield b


async def test_the_heart_is_heard_and_nobody_listens_before_it_is_asked_for(room: Room) -> None:
    unit = PcmPeripheral(room.radio)
    id_ = await room.switch_on(unit)
    async with bench(room, id_) as b:
        status = await b.log.until(InstrumentState.READY)
        assert status.identity is not None
        assert (status.id, status.identity.address) == ("ble_stethoscope", id_)
        assert unit.connections == 0
        b.source.start()
        await b.log.until(InstrumentState.MEASURING)
        await b.more(100)
        b.source.stop()
        await b.log.until(InstrumentState.READY)
        await until(lambda: not unit.stats()["connected"])
    assert b"".join(chunk.samples.tobytes() for chunk in b.took) in CHEST * 3
    assert {(chunk.rate_hz, chunk.gap) for chunk in b.took} == {(RATE_HZ, 0)}
    assert not [status for status in room.listener.statuses if status.id == id_], "nobody else has taken it"


async def test_what_is_lost_on_the_way_is_told_and_never_noise(room: Room) -> None:
    unit = PcmPeripheral(room.radio)
    async with bench(room, await room.switch_on(unit)) as b:
        b.source.start()
        await b.more(25)
        unit.samples.drop_bytes = 1
        await b.until_gap()
        await b.more(10)
        assert all(map(is_of_the_chest, b.took))
        unit.samples.drop_bytes = 2 * RATE_HZ // 10
        await b.until_gap()


async def test_one_that_is_carried_away_is_lost_and_comes_back(room: Room) -> None:
    unit = PcmPeripheral(room.radio)
    async with bench(room, await room.switch_on(unit)) as b:
        b.source.start()
        await b.more(5)
        await unit.hide()
        await b.log.until(InstrumentState.LOST, Reason.TIMEOUT)
        count = len(b.took)
        await asyncio.sleep(2)
        assert b.log.now == (InstrumentState.LOST, Reason.TIMEOUT), "nobody calls into the void"
        await unit.show()
        await b.log.until(InstrumentState.MEASURING)
        await b.more(5)
    assert b.took[count].gap > 0


async def test_one_that_is_carried_away_unused_is_missed_after_a_while(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ble_board, "_NEAR_S", 2.0)
    unit = PcmPeripheral(room.radio)
    async with bench(room, await room.switch_on(unit)) as b:
        await b.log.until(InstrumentState.READY)
        await unit.hide()
        await b.log.until(InstrumentState.LOST, Reason.TIMEOUT)
        await unit.show()
        await b.log.until(InstrumentState.READY)


async def test_one_that_falls_silent_is_said_to_send_nothing(room: Room) -> None:
    unit = PcmPeripheral(room.radio)
    async with bench(room, await room.switch_on(unit)) as b:
        b.source.start()
        await b.more(5)
        unit.samples.is_silent = True
        await b.log.until(InstrumentState.FAULTY, Reason.NO_DATA)
        unit.samples.is_silent = False
        await b.log.until(InstrumentState.MEASURING)


async def test_a_flood_is_refused(room: Room) -> None:
    unit = PcmPeripheral(room.radio)
    async with bench(room, await room.switch_on(unit)) as b:
        b.source.start()
        await b.more(5)
        count, unit.samples.speed = len(b.took), 10.0
        await b.log.until(InstrumentState.FAULTY, Reason.GARBLED)
        assert len(b.took) - count < 60
        unit.samples.speed = 1.0
        await b.log.until(InstrumentState.MEASURING)


async def test_another_units_heart_is_not_heard(room: Room) -> None:
    unit = PcmPeripheral(room.radio, "C0:5D:00:00:00:99")
    await room.switch_on(unit)
    async with bench(room, "ble:C0:5D:00:00:00:01") as b:
        b.source.start()
        await asyncio.sleep(2)
        assert b.log.now == (InstrumentState.ABSENT, Reason.NONE)
    assert (b.took, unit.connections) == ([], 0)


@pytest.mark.parametrize("named", ["6e400009-b5a3-f393-e0a9-e50e24dcca9e", PCM.characteristic])
async def test_sound_comes_from_the_characteristic_that_is_named(room: Room, named: str) -> None:
    unit = PcmPeripheral(room.radio, stream="6e400009-b5a3-f393-e0a9-e50e24dcca9e")
    pcm = replace(PCM, characteristic=named)
    async with bench(room, await room.switch_on(unit), pcm) as b:
        b.source.start()
        if named == PCM.characteristic:
            await b.log.until(InstrumentState.FAULTY, Reason.NO_DATA)
        else:
            await b.more(5)


async def test_bluetooth_that_dies_is_said_and_overcome(room: Room) -> None:
    unit = PcmPeripheral(room.radio)
    async with bench(room, await room.switch_on(unit)) as b:
        await b.log.until(InstrumentState.READY)
        await room.bluez.power(False)
        await b.log.until(InstrumentState.FAULTY, Reason.BLUETOOTH_OFF)
        await room.bluez.power(True)
        await b.log.until(InstrumentState.READY)
