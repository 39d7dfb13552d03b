"""What never answers in Bluetooth: each step is given up in time, said, and tried again."""

import pytest

from drivers import ble, ble_connection, bluez_service
from drivers.instrument import InstrumentState, Reason
from tests.drivers.ble_room import Room
from tests.drivers.listener import running
from tests.fakes.ble_peripherals import Cuff, Pressure, PulseOximeter, Thermometer
from tests.fakes.ble_ring import O2Ring
from tests.fakes.bluez import refusal
from tests.fakes.dbus_objects import NEVER_S

GIVEN_UP = (InstrumentState.LOST, Reason.TIMEOUT)
RESULT = Pressure(121, 79, 93, 68)


@pytest.fixture(autouse=True)
def _short_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_CONNECT_LIMIT_S", "_GATT_LIMIT_S", "_PAIR_LIMIT_S"):
        monkeypatch.setattr(ble_connection, name, 2.0)
    monkeypatch.setattr(ble, "_SCANNER_LIMIT_S", 2.0)
    monkeypatch.setattr(bluez_service, "_LIMIT_S", 2.0)


@pytest.mark.parametrize("step", ["Connect", "ReadValue", "StartNotify"])
async def test_a_step_of_a_stream_that_is_never_answered(room: Room, step: str) -> None:
    room.bluez.tree.faults[step] = [NEVER_S]
    id_ = await room.switch_on(PulseOximeter(room.radio))
    async with running(room.links().run()):
        await room.listener.until_state(id_, *GIVEN_UP)
        await room.listener.until_state(id_, InstrumentState.MEASURING)


async def test_services_that_are_never_discovered(room: Room) -> None:
    room.bluez.discovers = False
    oximeter = PulseOximeter(room.radio)
    id_ = await room.switch_on(oximeter)
    async with running(room.links().run()):
        await room.listener.until_state(id_, *GIVEN_UP)
        room.bluez.discovers = True
        await room.listener.until_state(id_, InstrumentState.MEASURING)
    assert oximeter.connections >= 2, "the first one was hung up"


@pytest.mark.parametrize("step", ["Pair", "WriteValue"])
async def test_a_step_before_a_result_that_is_never_answered(room: Room, step: str) -> None:
    room.bluez.tree.faults[step] = [NEVER_S]
    cuff = Cuff(room.radio, needs_bond=step == "Pair", inflation_step_s=0.01)
    id_ = await room.switch_on(cuff)
    async with running(room.links().run()):
        await cuff.measure(RESULT)
        await room.listener.until_state(id_, *GIVEN_UP)
        await room.listener.until(lambda: len(room.listener.readings) == 1)
    assert [quantity.value for quantity in room.listener.readings[0].quantities] == [121, 79, 93, 68]


async def test_a_question_in_the_middle_of_a_stream_that_is_never_answered(room: Room) -> None:
    ring = O2Ring(room.radio)
    id_ = await room.switch_on(ring)
    async with running(room.links().run()):
        await room.listener.until_state(id_, InstrumentState.MEASURING)
        room.bluez.tree.faults["WriteValue"] = [NEVER_S]
        await room.listener.until_state(id_, *GIVEN_UP)
        await room.listener.until_state(id_, InstrumentState.MEASURING)


async def test_a_hanging_up_that_is_never_answered_hides_nothing(room: Room) -> None:
    room.bluez.tree.faults["StartNotify"] = [refusal("Failed", "no")]
    room.bluez.tree.faults["Disconnect"] = [NEVER_S]
    oximeter = PulseOximeter(room.radio)
    id_ = await room.switch_on(oximeter)
    async with running(room.links().run()):
        await room.listener.until_state(id_, *GIVEN_UP)
        await room.bluez.drop(oximeter.address)  # as it is still connected, it does not advertise
        await room.listener.until_state(id_, InstrumentState.MEASURING)


async def test_a_scan_that_never_begins(room: Room) -> None:
    room.bluez.tree.faults["StartDiscovery"] = [NEVER_S]
    id_ = await room.switch_on(PulseOximeter(room.radio))
    async with running(room.links().run()):
        await room.listener.until(
            lambda: any(s.reason is Reason.BLUETOOTH_MISSING for s in room.listener.statuses)
        )
        await room.listener.until_state(id_, InstrumentState.MEASURING)


async def test_one_that_never_answers_keeps_no_other_waiting(room: Room) -> None:
    room.bluez.tree.faults["ReadValue"] = [NEVER_S]
    oximeter, thermometer = PulseOximeter(room.radio), Thermometer(room.radio)
    id_ = await room.switch_on(oximeter)
    await room.switch_on(thermometer)
    async with running(room.links().run()):
        await room.listener.until(lambda: oximeter.connections > 0)
        await thermometer.measure("37.2")
        await room.listener.until(lambda: bool(room.listener.readings))
        assert room.listener.readings[0].identity.serial == "TH-0001"
        await room.listener.until_state(id_, InstrumentState.MEASURING)


async def test_a_bluetoothd_that_is_stopped_is_said_and_one_that_goes_on_is_used_again(room: Room) -> None:
    id_ = await room.switch_on(PulseOximeter(room.radio))
    async with running(room.links().run()):
        await room.listener.until_state(id_, InstrumentState.MEASURING)
        room.bluez.tree.stop()
        await room.listener.until_state(id_, InstrumentState.FAULTY, Reason.BLUETOOTH_MISSING)
        room.bluez.tree.go_on()
        await room.listener.until_state(id_, InstrumentState.MEASURING)
