"""What a ring has recorded: its newest file's own figures, when they are asked for; then it is live again."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from devices import viatom
from devices.event import Recall
from devices.reading import Clock, Quality, Reading
from drivers.instrument import InstrumentState, Reason
from drivers.stamp import local_now
from tests.drivers.ble_room import Room
from tests.drivers.listener import running
from tests.drivers.status_log import until
from tests.fakes import frames
from tests.fakes.ble_ring import O2Ring

BEGAN = datetime(2026, 11, 29, 22, 41, 7)
NIGHT = frames.vld(BEGAN, 7000)


def ring_of(room: Room, night: bytes = NIGHT) -> O2Ring:
    """Nobody wears it; its clock is an hour ahead, and its newest file is the last in time alone."""
    ring = O2Ring(room.radio)
    ring.worn = False
    ring.shows = local_now().replace(tzinfo=None, microsecond=0) + timedelta(hours=1)
    ring.files = {
        "20261129224107": night,
        "20261120230000": frames.vld(datetime(2026, 11, 20, 23), 100, lowest=70),
    }
    return ring


def recordings(room: Room) -> list[Reading]:
    return [reading for reading in room.listener.readings if Quality.RECORDING in reading.quality]


async def off(room: Room, id_: str) -> None:
    await room.listener.until(lambda: room.listener.now(id_) == (InstrumentState.READY, Reason.SENSOR_OFF))


async def measures_again(room: Room, id_: str, ring: O2Ring) -> None:
    await off(room, id_)
    ring.worn = True
    await room.listener.until_state(id_, InstrumentState.MEASURING)


async def test_the_newest_file_of_a_ring(room: Room) -> None:
    ring = ring_of(room)
    id_ = await room.switch_on(ring)
    links = room.links()
    async with running(links.run()):
        await off(room, id_)
        assert await links.recall(id_) is Recall.TAKEN
        await measures_again(room, id_, ring)
    (reading,) = recordings(room)
    told = {quantity.metric.key: quantity.value for quantity in reading.quantities}
    assert told == {"recorded": 28000, "spo2_lowest": 82, "spo2_average": 95}
    assert reading.quality == {Quality.RECORDING, Quality.FROM_MEMORY}
    assert reading.clock is Clock.CORRECTED
    off_by = reading.taken_at.replace(tzinfo=None) - (BEGAN - timedelta(hours=1))
    assert abs(off_by) < timedelta(seconds=10)
    assert reading.raw == NIGHT[:40]
    questions = [question for question in ring.asked if question[1] != viatom.SENSORS]
    assert questions == [
        viatom.request(viatom.INFO), viatom.request(viatom.FILE_OPEN, "20261129224107"),
        viatom.request(viatom.FILE_READ), viatom.request(viatom.FILE_CLOSE),
    ]  # fmt: skip
    assert ring.connections == 1


async def test_a_ring_without_a_file(room: Room) -> None:
    ring = ring_of(room)
    ring.files = {}
    id_ = await room.switch_on(ring)
    links = room.links()
    async with running(links.run()):
        await off(room, id_)
        assert await links.recall(id_) is Recall.NONE
        await measures_again(room, id_, ring)


async def test_a_ring_that_is_worn_is_not_asked(room: Room) -> None:
    ring = ring_of(room)
    ring.worn = True
    id_ = await room.switch_on(ring)
    links = room.links()
    async with running(links.run()):
        await room.listener.until_state(id_, InstrumentState.MEASURING)
        assert await links.recall(id_) is Recall.FAILED
        assert await links.recall("ble:C0:10:00:00:00:99") is Recall.FAILED
    assert set(ring.asked) == {viatom.request(viatom.SENSORS)}


LIES = {
    "too long": frames.vld(BEGAN, 7000, size=400_000),
    "too short": frames.vld(BEGAN, 7000, size=400),
    "another layout": frames.vld(BEGAN, 7000, version=5),
    "a rate that no ring has": frames.vld(BEGAN, 7000, every_s=3),
    "cut short": NIGHT[:30],
    "part of a record": NIGHT[:-3],
    "lower on average than at its lowest": frames.vld(BEGAN, 7000, average=80, lowest=90),
}


@pytest.mark.parametrize("night", LIES.values(), ids=LIES)
async def test_of_a_file_that_does_not_agree_with_itself_nothing_is_told(room: Room, night: bytes) -> None:
    ring = ring_of(room, night)
    id_ = await room.switch_on(ring)
    links = room.links()
    async with running(links.run()):
        await off(room, id_)
        assert await links.recall(id_) is Recall.FAILED
        await measures_again(room, id_, ring)
    assert recordings(room) == []
    assert ring.open_file is None, "it was closed again"


@pytest.mark.parametrize("command", [viatom.INFO, viatom.FILE_OPEN, viatom.FILE_READ])
@pytest.mark.parametrize("how", ["silent_to", "fails"])
async def test_a_ring_that_does_not_answer_measures_on(room: Room, command: int, how: str) -> None:
    ring = ring_of(room)
    setattr(ring, how, command)
    id_ = await room.switch_on(ring)
    links = room.links()
    async with running(links.run()):
        await off(room, id_)
        assert await links.recall(id_) is Recall.FAILED
        await measures_again(room, id_, ring)
    assert recordings(room) == []


async def test_nothing_else_is_asked_meanwhile(room: Room) -> None:
    """An answer does not say to which question it is."""
    ring = ring_of(room)
    ring.silent_to = viatom.FILE_READ
    id_ = await room.switch_on(ring)
    links = room.links()
    async with running(links.run()):
        await off(room, id_)
        await links.recall(id_)
        await until(lambda: viatom.request(viatom.FILE_CLOSE) in ring.asked)
    begun = ring.asked.index(viatom.request(viatom.INFO))
    over = ring.asked.index(viatom.request(viatom.FILE_CLOSE))
    assert viatom.request(viatom.SENSORS) not in ring.asked[begun:over]


async def test_a_file_that_is_not_said_to_be_closed_was_read_all_the_same(room: Room) -> None:
    ring = ring_of(room)
    ring.silent_to = viatom.FILE_CLOSE
    id_ = await room.switch_on(ring)
    links = room.links()
    async with running(links.run()):
        await off(room, id_)
        assert await links.recall(id_) is Recall.TAKEN
    assert len(recordings(room)) == 1


async def test_it_goes_out_of_reach_half_way_and_is_asked_again(room: Room) -> None:
    ring = ring_of(room)
    ring.silent_to = viatom.FILE_READ
    id_ = await room.switch_on(ring)
    links = room.links()
    async with running(links.run()):
        await off(room, id_)
        asked = asyncio.create_task(links.recall(id_))
        await until(lambda: viatom.request(viatom.FILE_READ) in ring.asked)
        await ring.hang_up()
        assert await asked is Recall.FAILED
        ring.silent_to = 0
        await until(lambda: ring.connections == 2)
        await off(room, id_)
        await until(lambda: ring.asked[-1] == viatom.request(viatom.SENSORS))
        assert await links.recall(id_) is Recall.TAKEN
    assert [quantity.value for quantity in recordings(room)[0].quantities][1:] == [Decimal(82), Decimal(95)]
