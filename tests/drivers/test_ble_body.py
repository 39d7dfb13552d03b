"""A scale, a glucose meter and a heart rate sensor, over bleak's own BlueZ backend and a real GATT server."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from devices.metrics import BODY_FAT, BODY_WEIGHT, GLUCOSE_MASS
from devices.reading import Absent, Clock, Kind, Quality
from drivers import ble_connection
from drivers.instrument import InstrumentState, Reason
from tests.drivers.ble_room import Room
from tests.drivers.listener import running
from tests.fakes.ble_and import AndScale, AndThermometer
from tests.fakes.ble_body import (
    BodyScale,
    GlucoseMeter,
    HeartRateSensor,
    MiBroadcast,
    MiScale,
    Scale,
    TaiDocMeter,
)
from tests.fakes.polling import until


async def test_a_scale_is_fetched_and_its_clock_is_known(room: Room) -> None:
    scale = Scale(room.radio)
    scale.clock.offset = timedelta(hours=-3)
    await room.switch_on(scale)
    async with running(room.links().run()):
        await scale.measure(68.4)
        await room.listener.until(lambda: bool(room.listener.readings))
    reading = room.listener.readings[0]
    assert [(q.metric, q.value) for q in reading.quantities] == [(BODY_WEIGHT, Decimal("68.4"))]
    assert reading.clock is Clock.CORRECTED
    assert abs(reading.taken_at - datetime.now().astimezone()) < timedelta(minutes=1)


async def test_a_scale_that_knows_the_fat_tells_both_and_no_estimate_of_its_own(room: Room) -> None:
    scale = BodyScale(room.radio)
    await room.switch_on(scale)
    async with running(room.links().run()):
        await scale.measure(68.4)
        await room.listener.until(lambda: bool(room.listener.readings))
    (reading,) = room.listener.readings
    assert reading.identity.device == "sig_body_composition"
    assert [(q.metric, q.value) for q in reading.quantities] == [
        (BODY_WEIGHT, Decimal("68.4")), (BODY_FAT, Decimal("23.4")),
    ]  # fmt: skip
    assert reading.clock is Clock.CORRECTED


async def test_a_scale_and_a_thermometer_that_need_time_get_it(room: Room) -> None:
    """Whoever sets their clock too soon, or listens too soon after that, hears nothing from them."""
    scale, thermometer = AndScale(room.radio), AndThermometer(room.radio)
    scale.clock.offset = thermometer.clock.offset = timedelta(hours=-3)
    await room.switch_on(scale)
    await room.switch_on(thermometer)
    async with running(room.links().run()):
        await scale.measure(68.4)
        await thermometer.measure("37.2")
        await room.listener.until(lambda: len(room.listener.readings) == 2)
    readings = {r.identity.device: r for r in room.listener.readings}
    assert {device: str(r.quantities[0].value) for device, r in readings.items()} == {
        "and_scale": "68.4", "and_thermometer": "37.2",
    }  # fmt: skip
    assert {r.clock for r in readings.values()} == {Clock.CORRECTED}
    clocks = scale.clock, thermometer.clock
    assert [(clock.times_set, clock.times_refused) for clock in clocks] == [(1, 0), (1, 0)]


async def test_a_mi_scale_gives_the_weight_that_has_settled_and_no_other(room: Room) -> None:
    scale = MiScale(room.radio)
    id_ = await room.switch_on(scale)
    async with running(room.links().run()):
        await scale.measure(68.4)
        await room.listener.until(lambda: bool(room.listener.readings))
        await room.listener.until_state(id_, InstrumentState.READY)  # it has hung up
    values = [[(q.metric, q.value) for q in reading.quantities] for reading in room.listener.readings]
    assert values == [[(BODY_WEIGHT, Decimal("68.4"))]]
    assert room.listener.readings[0].identity.device == "xiaomi_scale_v1"


@pytest.mark.parametrize("model", [1, 2])
async def test_a_scale_that_nobody_connects_to_says_each_weight_once_in_its_advertisement(
    room: Room, model: int
) -> None:
    scale, now = MiBroadcast(room.radio, model), datetime.now().replace(microsecond=0)
    id_, weights = await room.switch_on(scale), (68.4, 68.4, 82.5)
    async with running(room.links().run()):
        for told, kg in enumerate(weights):
            when = now + timedelta(seconds=told)
            await scale.say(kg / 3, stable=False, removed=False, when=when)
            await room.heard(scale.address, scale.frame(kg / 3, stable=False, removed=False, when=when))
            await scale.say(kg, stable=True, removed=False, when=when)
            await until(lambda: len(room.listener.readings) == told + 1)  # noqa: B023  it is awaited here
            left = when + timedelta(seconds=1)
            await scale.say(kg, stable=True, removed=True, when=left)
            await room.heard(scale.address, scale.frame(kg, stable=True, removed=True, when=left))
    readings = room.listener.readings
    assert [float(r.quantities[0].value or 0) for r in readings] == list(weights)
    assert {(r.kind, r.identity.address, r.identity.device) for r in readings} == {
        (Kind.SCALE, id_, f"xiaomi_scale_v{model}")
    }
    assert [r.device_time for r in readings] == [now + timedelta(seconds=n) for n in range(3)]


async def test_a_scale_that_speaks_unconnected_is_not_lost(
    room: Room, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ble_connection, "_CONNECT_LIMIT_S", 0.1)
    scale = MiBroadcast(room.radio, 2)
    id_ = await room.switch_on(scale)
    async with running(room.links().run()):
        await scale.say(68.4, stable=True, removed=False, when=datetime.now())
        await room.listener.until(lambda: bool(room.listener.readings))
        await until(lambda: f"{id_}: timeout" in caplog.text)
    assert InstrumentState.LOST not in [status.state for status in room.listener.statuses if status.id == id_]


async def test_a_weight_that_was_advertised_is_not_told_again_by_the_connection(room: Room) -> None:
    """Nor is what bluetoothd still holds of the advertisement when the connection has ended."""
    scale, now = MiBroadcast(room.radio, 2, connectable=True), datetime.now().replace(microsecond=0)
    id_ = await room.switch_on(scale)
    await scale.say(68.4, stable=True, removed=False, when=now)
    async with running(room.links().run()):
        await room.listener.until(lambda: bool(room.listener.readings))
        await scale.heard.wait()
        later = now + timedelta(seconds=2)
        await scale.notify(scale.frame(68.4, stable=True, removed=False, when=later))
        await scale.notify(scale.frame(68.4, stable=True, removed=True, when=later))
        await scale.hang_up()
        await until(lambda: scale.connections == 2)
        await scale.heard.wait()
        await scale.notify(scale.frame(25.0, stable=False, removed=False, when=later))
        await scale.notify(scale.frame(82.5, stable=True, removed=False, when=later))
        await room.listener.until(lambda: len(room.listener.readings) > 1)
    values = [float(reading.quantities[0].value or 0) for reading in room.listener.readings]
    assert values == [68.4, 82.5]
    assert InstrumentState.LOST not in [status.state for status in room.listener.statuses if status.id == id_]


async def test_a_meter_is_asked_for_its_last_result_and_for_nothing_else(room: Room) -> None:
    meter = GlucoseMeter(room.radio)
    meter.records.append(("0.00250", datetime(2026, 1, 1), 2))  # somebody's, of another day
    await room.switch_on(meter)
    async with running(room.links().run()):
        await meter.measure("0.00104", meal=3)
        await room.listener.until(lambda: bool(room.listener.readings))
        await room.listener.until(lambda: len(meter.asked) >= 2)  # it hands out the same once more
        await meter.measure("0.00131", meal=2)
        await room.listener.until(lambda: len(room.listener.readings) >= 2)
    first, second = room.listener.readings
    assert [(q.metric, q.value) for q in first.quantities] == [(GLUCOSE_MASS, Decimal(104))]
    assert [set(r.quality) for r in (first, second)] == [{Quality.FASTING}, {Quality.AFTER_MEAL}]
    assert second.quantities[0].value == Decimal(131)
    assert set(meter.asked) == {b"\x01\x06"}


async def test_a_taidoc_is_asked_for_its_model_its_clock_and_its_newest_result(room: Room) -> None:
    taken = datetime(2026, 11, 28, 9, 30)
    meter = TaiDocMeter(room.radio, 104, taken)
    await room.switch_on(meter)
    await meter.advertise()
    async with running(room.links().run()):
        await room.listener.until(lambda: bool(room.listener.readings))
    reading = room.listener.readings[0]
    assert [(q.metric, q.value) for q in reading.quantities] == [(GLUCOSE_MASS, Decimal(104))]
    assert reading.quality == {Quality.BEFORE_MEAL, Quality.FROM_MEMORY}
    assert (reading.device_time, reading.clock) == (taken, Clock.CORRECTED)
    assert [question[1] for question in meter.asked] == [0x24, 0x23, 0x25, 0x26]


async def test_a_heart_rate_sensor_streams_and_says_when_it_is_taken_off(room: Room) -> None:
    strap = HeartRateSensor(room.radio)
    id_ = await room.switch_on(strap)
    async with running(room.links().run()):
        await room.listener.until_state(id_, InstrumentState.MEASURING)
        strap.finger_in = False
        await room.listener.until_state(id_, InstrumentState.READY, Reason.SENSOR_OFF)
    values = [reading.quantities[0] for reading in room.listener.readings]
    assert (values[0].value, values[-1].absent) == (Decimal(72), Absent.SENSOR_OFF)
