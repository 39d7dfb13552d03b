"""Cuffs with habits of their own, over bleak's own BlueZ backend and a real GATT server."""

from datetime import datetime, timedelta

from devices.reading import Absent, Clock, Kind, Quality
from drivers.instrument import InstrumentState
from tests.drivers.ble_room import Room
from tests.drivers.listener import running
from tests.fakes.ble_and import AndCuff
from tests.fakes.ble_cuffs import Bm85, ClocklessCuff, OmronCuff
from tests.fakes.ble_peripherals import Cuff, Pressure
from tests.fakes.polling import until

RESULT = Pressure(121, 79, 93, 68)


async def test_each_make_is_taken_as_it_is(room: Room) -> None:
    """A record of yesterday each, on clocks that are wrong: all come at their right time."""
    radio = room.radio
    cuffs: dict[str, Cuff] = {
        "BM-0085": Bm85(radio),
        "AD-0001": AndCuff(radio),
        "AD-0002": AndCuff(
            radio, "C0:21:00:00:00:02", "AD-0002", "UA-1200BLE_000002", "BLP008_d016", 0.04,
            has_current_time=True,
        ),
        "OM-0001": OmronCuff(radio, "C0:22:00:00:00:01", "OM-0001", timedelta(minutes=-67)),
        "OM-0002": OmronCuff(radio, "C0:22:00:00:00:02", "OM-0002", timedelta(minutes=5)),
    }  # fmt: skip
    for cuff in cuffs.values():
        await room.switch_on(cuff)
        await cuff.remember(RESULT)
    async with running(room.links().run()):
        await room.listener.until(lambda: len(room.listener.of(Kind.CUFF)) == len(cuffs))
    readings = {reading.identity.serial: reading for reading in room.listener.of(Kind.CUFF)}
    assert {serial: reading.identity.device for serial, reading in readings.items()} == {
        "BM-0085": "beurer_bm85", "AD-0001": "and_cuff", "AD-0002": "and_cuff",
        "OM-0001": "omron_cuff", "OM-0002": "omron_cuff",
    }  # fmt: skip
    yesterday = datetime.now().astimezone() - timedelta(days=1)
    for reading in readings.values():
        assert reading.clock is Clock.CORRECTED
        assert abs(reading.taken_at - yesterday) < timedelta(seconds=30)
        values = [quantity.value for quantity in reading.quantities]
        assert values == [121, 79, None if values[2] is None else 93, 68]
    assert readings["BM-0085"].quantities[2].absent is Absent.INVALID
    times_set = {serial: cuff.clock.times_set for serial, cuff in cuffs.items()}
    assert times_set == {"BM-0085": 1, "AD-0001": 1, "AD-0002": 1, "OM-0001": 1, "OM-0002": 0}
    assert not any(cuff.clock.times_refused for cuff in cuffs.values())


async def test_what_a_cuff_sends_to_everybody_who_connects_is_one_reading(room: Room) -> None:
    cuff = Bm85(room.radio, keeps=True)
    await room.switch_on(cuff)
    await cuff.remember(RESULT)
    async with running(room.links().run()):
        await until(lambda: len(cuff.expected) >= 2)
        await room.listener.until_state(f"ble:{cuff.address}", InstrumentState.READY)
    assert len(room.listener.of(Kind.CUFF)) == 1


async def test_what_a_cuff_without_a_date_sends_at_once_may_be_its_memory(room: Room) -> None:
    cuff = ClocklessCuff(room.radio)
    await room.switch_on(cuff)
    await cuff.remember(Pressure(180, 110, 130, 90))
    await cuff.remember(Pressure(170, 100, 120, 90))
    async with running(room.links().run()):
        await room.listener.until(lambda: len(room.listener.readings) == 2)
        await cuff.measure(RESULT)
        await room.listener.until(lambda: len(room.listener.readings) == 3)
    stored, also_stored, live = room.listener.readings
    assert stored.quality == also_stored.quality == {Quality.TIME_UNSURE}
    assert [quantity.value for quantity in live.quantities] == [121, 79, 93, 68]
    assert Quality.TIME_UNSURE not in live.quality, "it was seen inflating"


async def test_a_cuff_that_comes_after_its_measurement_with_a_date_is_believed(room: Room) -> None:
    cuff = Cuff(room.radio)
    await room.switch_on(cuff)
    await cuff.remember(RESULT, timedelta(seconds=20))
    async with running(room.links().run()):
        await room.listener.until(lambda: bool(room.listener.readings))
    (reading,) = room.listener.readings
    assert reading.clock is Clock.CORRECTED and reading.quality == set()
