"""What is left in a peripheral's battery, over bleak's own BlueZ backend and a real GATT server."""

import pytest

from devices.event import Battery
from devices.reading import Kind
from drivers.instrument import InstrumentState
from tests.drivers.ble_room import Room
from tests.drivers.listener import running
from tests.fakes.ble_body import HeartRateSensor
from tests.fakes.ble_peripherals import Cuff, Pressure

RESULT = Pressure(121, 79, 93, 68)


async def test_it_is_read_and_what_is_notified_later_replaces_it(room: Room) -> None:
    strap = HeartRateSensor(room.radio)
    strap.give_battery(40)
    id_ = await room.switch_on(strap)

    def told() -> list[Battery | None]:
        return [status.battery for status in room.listener.statuses if status.id == id_]

    async with running(room.links().run()):
        await room.listener.until(lambda: Battery(40, is_low=False) in told())
        await room.listener.until_state(id_, InstrumentState.MEASURING)
        await strap.drain(255)  # nobody has as much
        await strap.drain(20)
        await room.listener.until(lambda: Battery(20, is_low=True) in told())
    assert {each and each.percent for each in told()} == {None, 40, 20}


@pytest.mark.parametrize("has_battery", [True, False])
async def test_one_that_never_answers_or_is_not_there_costs_no_measurement(
    room: Room, has_battery: bool
) -> None:
    cuff = Cuff(room.radio)
    if has_battery:
        cuff.give_battery(12, answers=False)
    id_ = await room.switch_on(cuff)
    await cuff.remember(RESULT)
    async with running(room.links().run()):
        await room.listener.until(lambda: bool(room.listener.of(Kind.CUFF)))
        await room.listener.until_state(id_, InstrumentState.READY)
    assert [q.value for q in room.listener.of(Kind.CUFF)[0].quantities] == [121, 79, 93, 68]
    assert all(status.battery is None for status in room.listener.statuses)
