"""Oximeters with protocols of their own, over bleak's own BlueZ backend and a real GATT server."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest

from devices import viatom
from devices.metrics import PLETH
from devices.reading import Absent, Quality, Reading
from drivers import ble_values
from drivers.instrument import InstrumentState, Reason
from tests.drivers.ble_room import Room
from tests.drivers.listener import Listener, running
from tests.fakes.ble_oximeters import BerryOximeter, ContecBle, NoninOximeter, Pc60fw
from tests.fakes.ble_ring import O2Ring


async def test_a_berrymed_streams_numbers_and_pleth(room: Room) -> None:
    oximeter = BerryOximeter(room.radio)
    id_ = await room.switch_on(oximeter)
    async with running(room.links().run()):
        await room.listener.until(lambda: len(room.listener.waveforms) >= 20)
        oximeter.finger_in = False
        await room.listener.until_state(id_, InstrumentState.READY, Reason.SENSOR_OFF)
    first, last = room.listener.readings[0], room.listener.readings[-1]
    assert [quantity.value for quantity in first.quantities] == [Decimal(97), Decimal(138)]
    assert first.identity.device == "berry_bm1000"
    assert {quantity.absent for quantity in last.quantities} == {Absent.SENSOR_OFF}
    waves = room.listener.waveforms[:20]
    assert all(wave.metric is PLETH and len(wave.samples) == 10 for wave in waves)
    pleth = [sample for wave in waves for sample in wave.samples]
    assert pleth == [(pleth[0] + n) % 100 for n in range(200)]  # none is lost, none comes twice


async def test_a_nonin_is_paired_and_settles(room: Room) -> None:
    id_ = await room.switch_on(NoninOximeter(room.radio))
    async with running(room.links().run()):
        await room.listener.until(lambda: len(room.listener.readings) >= 2)
        states = [status.state for status in room.listener.statuses if status.id == id_]
    assert InstrumentState.PAIRING in states
    unsettled, settled = room.listener.readings[:2]
    assert unsettled.quality == {Quality.EARLY_ESTIMATE}
    assert settled.quality == frozenset()
    assert [quantity.value for quantity in settled.quantities] == [97, 138, Decimal("3.25")]
    assert (settled.identity.device, settled.identity.serial) == ("nonin_3230", "NO-0001")


async def test_an_o2ring_is_asked_for_what_it_sees_and_for_nothing_else(room: Room) -> None:
    ring = O2Ring(room.radio)
    id_ = await room.switch_on(ring)
    async with running(room.links().run()):
        await room.listener.until(lambda: bool(room.listener.readings))
        ring.worn = False
        await room.listener.until_state(id_, InstrumentState.READY, Reason.SENSOR_OFF)
    assert [quantity.value for quantity in room.listener.readings[0].quantities] == [97, 138]
    assert len(ring.asked) >= 2
    assert set(ring.asked) == {viatom.request(viatom.SENSORS)}


async def test_a_service_that_many_things_have_is_not_enough(room: Room) -> None:
    stranger = Pc60fw(room.radio, name="Blinds", address="C0:11:00:00:00:01")
    await room.switch_on(stranger)
    await room.switch_on(Pc60fw(room.radio))
    async with running(room.links().run()):
        await room.listener.until(lambda: bool(room.listener.readings))
    reading = room.listener.readings[0]
    assert [quantity.value for quantity in reading.quantities] == [97, 138, Decimal("8.0")]
    assert stranger.connections == 0


async def test_what_nobody_has_seen_is_named_after_no_make(room: Room) -> None:
    """Without Bluetooth each kind is said to be faulty, by the name that fits whatever the site owns."""
    await room.bluez.die()
    async with running(room.links().run()):
        await room.listener.until(lambda: len({status.kind for status in room.listener.statuses}) == 6)
    assert {status.name for status in room.listener.statuses} == {
        "Bluetooth pulse oximeter", "Bluetooth blood-pressure cuff", "Bluetooth thermometer",
        "Bluetooth scale", "Bluetooth glucose meter", "Bluetooth heart rate sensor",
    }  # fmt: skip


async def test_a_contec_is_started_in_order_and_kept_alive(room: Room) -> None:
    oximeter = ContecBle(room.radio)
    await room.switch_on(oximeter)
    async with running(room.links().run()):
        await room.listener.until(lambda: len(oximeter.told) >= 9)  # longer than it waits for who is silent
    start = ["8909", "8e0513", "9b011c", "8606"]
    assert [command.hex() for command in oximeter.told[:4]] == start
    assert {command.hex() for command in oximeter.told[4:]} == {"9a1a"}
    assert oximeter.connections == 1
    assert [quantity.value for quantity in room.listener.readings[0].quantities] == [97, 138]


async def test_a_link_that_takes_no_question_any_more_is_made_anew(room: Room) -> None:
    ring = O2Ring(room.radio)
    id_ = await room.switch_on(ring)
    async with running(room.links().run()):
        await room.listener.until(lambda: bool(room.listener.readings))
        ring.refuses = True
        await room.listener.until_state(id_, InstrumentState.LOST, Reason.TIMEOUT)
        ring.refuses = False
        await room.listener.until_state(id_, InstrumentState.MEASURING)
    assert ring.connections >= 2


async def test_nothing_of_one_connection_is_left_in_the_next(room: Room) -> None:
    """A BerryMed's last frame is known to be whole at the next byte, which is another patient's."""
    oximeter = BerryOximeter(room.radio)
    id_ = await room.switch_on(oximeter)
    async with running(room.links().run()):
        await room.listener.until_state(id_, InstrumentState.MEASURING)
        oximeter.finger_in = False
        await room.listener.until_state(id_, InstrumentState.READY, Reason.SENSOR_OFF)
        told = len(room.listener.statuses)
        await oximeter.hang_up()
        await room.listener.until(lambda: len(room.listener.statuses) > told)
        await room.listener.until_state(id_, InstrumentState.READY, Reason.SENSOR_OFF)  # it is said again
    assert all(reading.quantities[0].absent for reading in room.listener.readings[1:])


class StuckStore(Listener):
    """A sink whose store may hang, as on a dying disk."""

    def __init__(self) -> None:
        super().__init__()
        self.works, self.hangs = asyncio.Event(), asyncio.Event()
        self.works.set()

    async def reading(self, reading: Reading) -> None:
        if not self.works.is_set():
            self.hangs.set()
            await self.works.wait()
        await super().reading(reading)


async def test_a_flood_costs_its_oldest_values_and_the_wave_says_so(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ble_values, "_MOST", 8)
    store, oximeter = StuckStore(), BerryOximeter(room.radio)
    await room.switch_on(oximeter)
    async with running(replace(room, listener=store).links().run()):
        await store.until(lambda: len(store.waveforms) >= 3)
        store.works.clear()
        oximeter.finger_in = False
        await store.hangs.wait()
        oximeter.finger_in = True
        await oximeter.until_sent(20)
        before = len(store.waveforms)
        store.works.set()
        await store.until(lambda: len(store.waveforms) >= before + 10)
    assert [wave.gap for wave in store.waveforms].index(True) == before
    pleth = [sample for wave in store.waveforms[before:] for sample in wave.samples]
    assert all((later - sooner) % 100 == 1 for sooner, later in pairwise(pleth))
