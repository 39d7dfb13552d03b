"""Bluetooth LE instruments over bleak's own BlueZ backend, a GATT server behind a private D-Bus."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from dbus_fast import Message
from dbus_fast.aio import MessageBus

from devices.catalog import sig_blood_pressure, sig_pulse_oximeter, sig_thermometer
from devices.device import Device
from devices.reading import Absent, Clock, Kind
from drivers import ble_connection, ble_rests
from drivers.ble import BleLinks
from drivers.instrument import InstrumentState, Reason
from tests.drivers.listener import Listener, running
from tests.fakes.ble_peripherals import Cuff, Pressure, PulseOximeter, Thermometer
from tests.fakes.bluez import ADAPTER_PATH, FakeBluez, device_path, refusal
from tests.fakes.private_bus import private_bus
from tests.fakes.radio import Radio

DEVICES: tuple[Device, ...] = (sig_pulse_oximeter.DEVICE, sig_blood_pressure.DEVICE, sig_thermometer.DEVICE)
RESULT = Pressure(121, 79, 93, 68)


@dataclass(frozen=True, slots=True)
class Room:
    """A kiosk's surroundings: one bluetoothd and three instruments."""

    bus: str
    radio: Radio
    bluez: FakeBluez
    oximeter: PulseOximeter
    cuff: Cuff
    thermometer: Thermometer
    listener: Listener

    def links(self) -> BleLinks:
        return BleLinks(DEVICES, self.listener)

    def id(self, instrument: PulseOximeter | Cuff | Thermometer) -> str:
        return f"ble:{instrument.address}"


@pytest.fixture
async def room(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(private_bus())
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus)
        radio = Radio()
        room = Room(
            bus,
            radio,
            FakeBluez(radio),
            PulseOximeter(radio),
            Cuff(radio, inflation_step_s=0.05),
            Thermometer(radio),
            Listener(),
        )
        await room.bluez.start(bus)
        stack.push_async_callback(room.bluez.die)
        for instrument in (room.oximeter, room.cuff, room.thermometer):
            await instrument.power_on()
            stack.push_async_callback(instrument.close)
        yield room


async def test_the_oximeter_is_found_and_streams(room: Room) -> None:
    id_ = room.id(room.oximeter)
    async with running(room.links().run()):
        await room.listener.until(lambda: len(room.listener.readings) >= 2)
        states = [s.state for s in room.listener.statuses if s.id == id_]
        room.oximeter.finger_in = False
        await room.listener.until_state(id_, InstrumentState.READY, Reason.SENSOR_OFF)
    assert states == [InstrumentState.FOUND, InstrumentState.READY, InstrumentState.MEASURING]
    reading = room.listener.readings[0]
    assert (reading.kind, reading.clock) == (Kind.OXIMETER, Clock.KIOSK)
    assert [q.value for q in reading.quantities] == [Decimal(97), Decimal(68)]
    assert reading.identity.manufacturer == "Telesim"
    assert (reading.identity.serial, reading.identity.firmware) == ("OX-0001", "1.4.2")
    assert room.listener.readings[-1].quantities[0].absent is Absent.SENSOR_OFF
    assert len(room.listener.readings) == len(room.oximeter.expected)


async def test_the_cuff_shows_its_pressure_and_gives_one_result(room: Room) -> None:
    async with running(room.links().run()):
        await room.cuff.measure(RESULT)
        await room.listener.until(lambda: bool(room.listener.of(Kind.CUFF)))
        await room.listener.until_state(room.id(room.cuff), InstrumentState.READY)
    reading = room.listener.of(Kind.CUFF)[0]
    assert len(room.listener.of(Kind.CUFF)) == 1
    assert [q.value for q in reading.quantities] == [121, 79, 93, 68]
    assert reading.clock is Clock.CORRECTED
    assert abs(datetime.now().astimezone() - reading.taken_at) < timedelta(seconds=30)
    assert room.cuff.clock.times_set == 1
    live = [w for w in room.listener.waveforms if w.metric.key == "cuff_pressure"]
    assert max(w.samples[0] for w in live) == 180
    assert not any(w.gap for w in live)


async def test_an_old_record_keeps_its_old_time(room: Room) -> None:
    """Its own clock is 67 minutes slow: that is taken off, the day in between stays."""
    await room.cuff.remember(RESULT)
    async with running(room.links().run()):
        await room.listener.until(lambda: bool(room.listener.of(Kind.CUFF)))
    reading = room.listener.of(Kind.CUFF)[0]
    yesterday = datetime.now().astimezone() - timedelta(days=1)
    assert reading.clock is Clock.CORRECTED
    assert abs(reading.taken_at - yesterday) < timedelta(seconds=30)


async def test_the_thermometer_is_caught_when_it_advertises(room: Room) -> None:
    async with running(room.links().run()):
        await room.thermometer.measure("37.2")
        await room.listener.until(lambda: bool(room.listener.of(Kind.THERMOMETER)))
        await room.listener.until_state(room.id(room.thermometer), InstrumentState.READY)
        await room.thermometer.measure("38.40")
        await room.listener.until(lambda: len(room.listener.of(Kind.THERMOMETER)) == 2)
    readings = room.listener.of(Kind.THERMOMETER)
    assert [str(r.quantities[0].value) for r in readings] == ["37.2", "38.40"]
    assert {r.clock for r in readings} == {Clock.DEVICE}


async def test_two_thermometers_are_told_apart(room: Room) -> None:
    second = Thermometer(room.radio, "C0:0C:00:00:00:02", "TH-0002")
    await second.power_on()
    async with running(room.links().run()):
        await room.thermometer.measure("36.6")
        await second.measure("39.1")
        await room.listener.until(lambda: len(room.listener.of(Kind.THERMOMETER)) == 2)
    await second.close()
    seen = {r.identity.serial: str(r.quantities[0].value) for r in room.listener.of(Kind.THERMOMETER)}
    assert seen == {"TH-0001": "36.6", "TH-0002": "39.1"}


async def test_a_dropped_link_comes_back(room: Room) -> None:
    id_ = room.id(room.oximeter)
    async with running(room.links().run()):
        await room.listener.until_state(id_, InstrumentState.MEASURING)
        await room.bluez.drop(room.oximeter.address)
        await room.listener.until_state(id_, InstrumentState.LOST, Reason.TIMEOUT)
        await room.listener.until_state(id_, InstrumentState.MEASURING)
    assert room.oximeter.connections >= 2


async def test_what_a_killed_kiosk_left_connected_is_hung_up(room: Room) -> None:
    """A connected peripheral does not advertise, and bluetoothd keeps a dead client's connections."""
    killed = await MessageBus(bus_address=room.bus).connect()
    adapter = {"destination": "org.bluez", "path": ADAPTER_PATH, "interface": "org.bluez.Adapter1"}
    await killed.call(Message(**adapter, member="StartDiscovery"))  # type: ignore[arg-type]
    path = device_path(room.oximeter.address)
    while not room.oximeter.connections:
        await killed.call(
            Message(destination="org.bluez", path=path, interface="org.bluez.Device1", member="Connect")
        )
        await asyncio.sleep(0.05)
    killed.disconnect()
    async with running(room.links().run()):
        await room.listener.until_state(room.id(room.oximeter), InstrumentState.MEASURING)
    assert room.oximeter.connections == 2


async def test_an_operation_that_hangs_is_given_up(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ble_connection, "_GATT_LIMIT_S", 0.5)
    id_ = room.id(room.oximeter)
    room.oximeter.answers.clear()
    async with running(room.links().run()):
        await room.listener.until_state(id_, InstrumentState.LOST, Reason.TIMEOUT)
        room.oximeter.answers.set()
        await room.listener.until_state(id_, InstrumentState.MEASURING)


async def test_a_cuff_that_wants_a_bond_gets_one(room: Room) -> None:
    shy = Cuff(room.radio, "C0:0B:00:00:00:02", "BP-0002", needs_bond=True)
    await shy.power_on()
    async with running(room.links().run()):
        await shy.measure(RESULT)
        await room.listener.until(lambda: bool(room.listener.of(Kind.CUFF)))
    await shy.close()
    assert room.bluez.agents == ["NoInputNoOutput"]
    states = [s.state for s in room.listener.statuses if s.id == room.id(shy)]
    assert InstrumentState.PAIRING in states
    assert room.listener.of(Kind.CUFF)[0].identity.serial == "BP-0002"


async def test_a_refused_bond_says_so_and_is_not_asked_for_again_at_once(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on advertising; what anybody else has to say is heard meanwhile."""
    monkeypatch.setattr(ble_rests, "_USUAL_S", 0.0)
    shy = Cuff(room.radio, "C0:0B:00:00:00:02", "BP-0002", needs_bond=True)
    await shy.power_on()
    room.bluez.tree.faults["Pair"] = [refusal("AuthenticationRejected", "no")] * 9
    async with running(room.links().run()):
        await shy.measure(RESULT)
        await room.listener.until_state(room.id(shy), InstrumentState.FAULTY, Reason.PAIRING_REFUSED)
        await room.cuff.measure(RESULT)
        await room.listener.until(lambda: bool(room.listener.of(Kind.CUFF)))
    await shy.close()
    states = [s.state for s in room.listener.statuses if s.id == room.id(shy)]
    assert (shy.connections, states.count(InstrumentState.PAIRING)) == (1, 1)


async def test_a_refused_bond_is_made_after_a_while(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ble_rests._NO_BOND_S, Reason.PAIRING_REFUSED, 0.5)
    shy = Cuff(room.radio, "C0:0B:00:00:00:02", "BP-0002", needs_bond=True)
    await shy.power_on()
    room.bluez.tree.faults["Pair"] = [refusal("AuthenticationRejected", "no")]
    async with running(room.links().run()):
        await shy.measure(RESULT)
        await room.listener.until(lambda: bool(room.listener.of(Kind.CUFF)))
    await shy.close()
    assert room.listener.of(Kind.CUFF)[0].identity.serial == "BP-0002"


async def test_bluetoothd_dies_and_comes_back(room: Room) -> None:
    id_ = room.id(room.oximeter)
    async with running(room.links().run()):
        await room.listener.until_state(id_, InstrumentState.MEASURING)
        await room.bluez.die()
        await room.listener.until_state(id_, InstrumentState.FAULTY, Reason.BLUETOOTH_MISSING)
        await room.bluez.start(room.bus)
        await room.listener.until_state(id_, InstrumentState.MEASURING)


async def test_the_adapter_is_switched_off_and_on(room: Room) -> None:
    id_ = room.id(room.oximeter)
    async with running(room.links().run()):
        await room.listener.until_state(id_, InstrumentState.MEASURING)
        await room.bluez.power(False)
        await room.listener.until_state(id_, InstrumentState.FAULTY, Reason.BLUETOOTH_OFF)
        unseen = room.listener.now(f"ble:{sig_thermometer.DEVICE.key}")
        assert unseen == (InstrumentState.FAULTY, Reason.BLUETOOTH_OFF)
        await room.bluez.power(True)
        await room.listener.until_state(id_, InstrumentState.MEASURING)
        assert room.listener.now(f"ble:{sig_thermometer.DEVICE.key}") == (InstrumentState.ABSENT, Reason.NONE)


@pytest.mark.parametrize("address", ["unix:path=/nonexistent/bus", "nonsense"])
async def test_without_a_bus_the_helper_is_told(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    listener = Listener()
    async with running(BleLinks(DEVICES, listener).run()):
        for device in DEVICES:
            await listener.until_state(f"ble:{device.key}", InstrumentState.FAULTY, Reason.BLUETOOTH_MISSING)
