"""Spot checks by the Bluetooth profile: live, and the last one from the memory of who dates what it keeps."""

import time
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from devices.gatt import uuid
from devices.reading import Clock, Quality
from drivers.ble import BleLinks
from drivers.instrument import InstrumentState
from drivers.raw import RawFile, read
from drivers.replay import replay
from tests.drivers.ble_room import DEVICES, Room
from tests.drivers.listener import Listener, running
from tests.fakes.ble_peripherals import Cuff, Pressure
from tests.fakes.ble_spot import DATES, KEEPS, SpotOximeter
from tests.fakes.polling import until

REPORT_LAST = bytes.fromhex("0106")


async def test_a_spot_check_comes_live_once_though_it_is_kept_too(room: Room) -> None:
    oximeter = SpotOximeter(room.radio)
    id_ = await room.switch_on(oximeter)
    async with running(room.links().run()):
        await oximeter.measure(97, 68)
        await room.listener.until_state(id_, InstrumentState.READY)
        await room.listener.until(lambda: bool(room.listener.readings))
        await oximeter.measure(95, 71)
        await room.listener.until(lambda: len(room.listener.readings) == 2)
        await room.listener.until(lambda: len(oximeter.asked) == 2)
        await room.listener.until_state(id_, InstrumentState.READY)
    values = [[quantity.value for quantity in reading.quantities] for reading in room.listener.readings]
    assert values == [[97, 68], [95, 71]]
    assert {reading.clock for reading in room.listener.readings} == {Clock.CORRECTED}
    assert oximeter.asked == [REPORT_LAST, REPORT_LAST]


async def test_what_it_kept_is_asked_for_and_says_of_when_it_is(room: Room) -> None:
    oximeter = SpotOximeter(room.radio)
    await room.switch_on(oximeter)
    async with running(room.links().run()):
        await oximeter.remember(93, 60, timedelta(days=2))
        await oximeter.remember(95, 61)
        await room.listener.until(lambda: bool(room.listener.readings))
    (kept,) = room.listener.readings
    yesterday = datetime.now().astimezone() - timedelta(days=1)
    assert [quantity.value for quantity in kept.quantities] == [95, 61]
    assert kept.quality == {Quality.FROM_MEMORY}
    assert kept.clock is Clock.CORRECTED
    assert abs(kept.taken_at - yesterday) < timedelta(seconds=30)


@pytest.mark.parametrize("features", [0, KEEPS, DATES])
async def test_who_keeps_nothing_or_does_not_date_it_is_not_asked(room: Room, features: int) -> None:
    oximeter = SpotOximeter(room.radio, features)
    id_ = await room.switch_on(oximeter)
    async with running(room.links().run()):
        await oximeter.measure(97, 68)
        await room.listener.until(lambda: bool(room.listener.readings))
        await room.listener.until_state(id_, InstrumentState.READY)
    assert oximeter.asked == []
    assert len(room.listener.readings) == 1


async def test_a_refusal_costs_no_measurement_and_leaves_no_mark(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    oximeter = SpotOximeter(room.radio)
    oximeter.refuses = True
    id_ = await room.switch_on(oximeter)
    async with running(room.links().run()):
        await oximeter.remember(93, 60)
        await until(lambda: "not handed out" in caplog.text)
        await oximeter.measure(97, 68)
        await room.listener.until(lambda: bool(room.listener.readings))
        assert oximeter.asked == [REPORT_LAST], "it is the same connection"
        await room.listener.until_state(id_, InstrumentState.READY)
    (live,) = room.listener.readings
    assert [quantity.value for quantity in live.quantities] == [Decimal(97), Decimal(68)]
    assert live.quality == frozenset()
    assert not [status for status in room.listener.statuses if status.state is InstrumentState.FAULTY]


async def test_a_capture_holds_the_features_and_is_played_again_with_its_memory(
    room: Room, tmp_path: Path
) -> None:
    oximeter, cuff, again = SpotOximeter(room.radio), Cuff(room.radio, inflation_step_s=0.01), Listener()
    for each in (oximeter, cuff):
        await room.switch_on(each)
    path, live = tmp_path / "capture.jsonl", room.listener
    with path.open("w", encoding="utf-8") as file:
        async with running(BleLinks(DEVICES, live, RawFile(file, time.monotonic).note).run()):
            await oximeter.remember(95, 61)
            await live.until(lambda: len(live.readings) == 1)
            await cuff.measure(Pressure(121, 79, 93, 68))
            await live.until(lambda: len(live.readings) == 2)
    assert {uuid(0x2A60), uuid(0x2A49)} <= {piece.source for piece in read(path)}
    await replay(read(path), again)
    assert [(r.quantities, r.quality) for r in again.readings] == [
        (r.quantities, r.quality) for r in live.readings
    ]
