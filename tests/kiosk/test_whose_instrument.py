"""A neighbour's instrument is not this kiosk's: what it says is set aside, until somebody says more.

Over bleak's own BlueZ backend and real GATT servers.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from devices import metrics
from devices.reading import Absent, DeviceIdentity, Kind, Quality, Reading
from drivers.ble import BleLinks
from drivers.bonds import bonds
from drivers.instrument import InstrumentState, InstrumentStatus
from kiosk.config import Config
from kiosk.devices_config import DevicesConfig
from kiosk.events import (
    InstrumentsChanged,
    Notice,
    NoticeReason,
    ReadingShown,
    SetAsideChanged,
    WaveformShown,
)
from kiosk.hub import Hub
from kiosk.instrument_board import NEAR_S, InstrumentBoard, OwnsThePlugged
from kiosk.session import Session
from kiosk.unit import How, Unit
from kiosk.unit_desk import UnitDesk
from kiosk.units import Units
from tests.drivers.ble_room import DEVICES
from tests.drivers.listener import running
from tests.fakes.ble_body import MiBroadcast
from tests.fakes.ble_cuffs import UnluckyCuff
from tests.fakes.ble_peripheral import Peripheral
from tests.fakes.ble_peripherals import Cuff, Pressure, PulseOximeter, Thermometer
from tests.fakes.ble_spot import SpotOximeter
from tests.fakes.bluez import FakeBluez
from tests.fakes.polling import until
from tests.fakes.private_bus import private_bus
from tests.fakes.radio import Radio
from tests.kiosk.bench import Bench, bench, temperature
from tests.kiosk.whole import config_in
from tests.ui import samples
from tests.ui.samples import pleth

UNKNOWN = Quality.UNKNOWN_UNIT


class Site:
    """One kiosk's record and hub, one bluetoothd, and the units it knows."""

    def __init__(self, kiosk: Bench, config: Config, bluez: FakeBluez, radio: Radio) -> None:
        self.kiosk = kiosk
        self.config = config
        self.units = units = Units(config)
        self.bluez = bluez
        self.radio = radio
        self.hub = Hub(kiosk.keeper, kiosk.told.append, (Kind.OXIMETER,), units)
        units.on_change = self.hub.tell_instruments
        self.desk = UnitDesk(units, self.hub.board)
        self.stack = AsyncExitStack()

    @asynccontextmanager
    async def in_reach(self, instrument: Peripheral) -> AsyncIterator[None]:
        """It is switched on, and the kiosk listens as long as this lasts."""
        await instrument.power_on()
        self.stack.push_async_callback(instrument.close)
        async with running(BleLinks(DEVICES, self.hub).run()):
            yield

    @property
    def aside(self) -> tuple[Reading, ...]:
        changes = [event for event in self.kiosk.told if isinstance(event, SetAsideChanged)]
        return changes[-1].readings if changes else ()

    @property
    def shown(self) -> list[Reading]:
        return [event.reading for event in self.kiosk.told if isinstance(event, ReadingShown)]

    @property
    def strangers(self) -> list[InstrumentStatus]:
        """As the screens were last told."""
        told = [event for event in self.kiosk.told if isinstance(event, InstrumentsChanged)]
        return [status for status in (told[-1].instruments if told else ()) if not status.known]

    @property
    def session(self) -> Session:
        assert self.kiosk.keeper.session is not None
        return self.kiosk.keeper.session


@asynccontextmanager
async def site(directory: Path, *configured: str) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(private_bus())
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("DBUS_SYSTEM_BUS_ADDRESS", bus)
        radio = Radio()
        bluez = FakeBluez(radio)
        await bluez.start(bus)
        stack.push_async_callback(bluez.die)
        kiosk = await stack.enter_async_context(bench(directory / "outbox"))
        config = config_in(directory, devices=DevicesConfig(units=configured))
        here = Site(kiosk, config, bluez, radio)
        await here.units.look()
        async with here.stack:
            yield here


async def test_a_strangers_thermometer_is_set_aside_and_the_helper_may_attach_it(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        await here.kiosk.consult()
        thermometer = Thermometer(here.radio)
        async with here.in_reach(thermometer):
            await thermometer.measure("37.20")
            await until(lambda: len(here.aside) == 1)
        (waiting,) = here.aside
        assert UNKNOWN in waiting.quality and here.shown == []
        assert Notice(NoticeReason.UNKNOWN_UNIT_SET_ASIDE, "thermometer") in here.kiosk.told
        await here.hub.flush()
        assert here.session.set_aside == (waiting.id,)
        await here.hub.attach(waiting.id)
        assert here.shown[0].quality >= {UNKNOWN, Quality.ATTACHED_BY_HELPER}
        assert await here.kiosk.keeper.readings() == tuple(here.shown)


@pytest.mark.parametrize("is_ours", [False, True])
async def test_what_a_strangers_scale_advertises_is_set_aside_too(tmp_path: Path, is_ours: bool) -> None:
    async with site(tmp_path) as here:
        scale = MiBroadcast(here.radio, 2)
        if is_ours:
            await here.units.declare(Unit(scale.address))
        await here.kiosk.consult()
        async with here.in_reach(scale):
            await scale.say(82.5, stable=True, removed=False, when=datetime.now())
            await until(lambda: here.shown or here.aside)
        told = here.shown or here.aside
        assert [float(reading.quantities[0].value or 0) for reading in told] == [82.5]
        assert (bool(here.shown), UNKNOWN in told[0].quality) == (is_ours, not is_ours)


async def test_declared_by_a_technician_it_measures_for_the_patient_until_forgotten(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        await here.kiosk.consult()
        thermometer = Thermometer(here.radio)
        async with here.in_reach(thermometer):
            await thermometer.measure("37.20")
            await until(lambda: len(here.aside) == 1)
            (line,) = await here.desk.lines()
            assert (line.how, line.unit.serial, line.kinds) == (How.UNKNOWN, "TH-0001", (Kind.THERMOMETER,))
            (line,) = await here.desk.set_own(line.unit.address, True)
            assert line.how is How.DECLARED
            await thermometer.measure("37.30")
            await until(lambda: len(here.shown) == 1)
            assert here.shown[0].quality == set()
            await here.desk.set_own(line.unit.address, False)
            await thermometer.measure("37.40")
            await until(lambda: len(here.aside) == 2)
        assert len(here.shown) == 1


@pytest.mark.parametrize("name", ["TH-0001", "c0:0c:00:00:00:01"])
async def test_the_settings_declare_it(tmp_path: Path, name: str) -> None:
    async with site(tmp_path, name) as here:
        await here.kiosk.consult()
        thermometer = Thermometer(here.radio)
        async with here.in_reach(thermometer):
            await thermometer.measure("37.20")
            await until(lambda: len(here.shown) == 1)
        assert here.aside == ()


async def test_a_neighbours_oximeter_is_one_question_and_no_incident(tmp_path: Path) -> None:
    """It streams once a second: one card that stands still, no wave, nothing in the report when it goes."""
    async with site(tmp_path) as here:
        await here.kiosk.consult()
        oximeter = PulseOximeter(here.radio)
        async with here.in_reach(oximeter):
            await until(lambda: len(here.aside) == 1)
            (card,) = here.aside
            seen = {(status.kind, status.known) for status in here.hub.instruments}
            assert seen == {(Kind.OXIMETER, False), (Kind.OXIMETER, True)}, "ours is still to be seen"
            await until(lambda: oximeter.frames_sent >= 5)
            await here.hub.discard(card.id)
            sent = oximeter.frames_sent
            await until(lambda: oximeter.frames_sent >= sent + 3)
            assert here.aside == () and here.session.set_aside == (card.id,), "it was answered"
            await oximeter.hide()
            await until(lambda: all(status.known for status in here.hub.instruments))
        await here.hub.flush()
        assert here.shown == [] and here.session.incidents == ()


async def test_that_a_strangers_cuff_found_nothing_is_said_of_it_and_of_nobody(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        await here.kiosk.consult()
        cuff = UnluckyCuff(here.radio)
        async with here.in_reach(cuff):
            await cuff.measure(Pressure(121, 79, 93, 68))
            await until(lambda: [status.no_result for status in here.strangers] == [True])
            (line,) = await here.desk.lines()
            assert line.no_result and line.how is How.UNKNOWN
            assert here.aside == () and not any(isinstance(event, Notice) for event in here.kiosk.told)
            cuff.moves = False
            await cuff.measure(Pressure(121, 79, 93, 68))
            await until(lambda: len(here.aside) == 1)
            assert [status.no_result for status in here.strangers] == [False]
        await here.hub.flush()
        assert here.shown == [] and here.session.incidents == ()


def test_what_streams_is_not_said_to_have_found_nothing() -> None:
    board = InstrumentBoard((), OwnsThePlugged())
    board.put(InstrumentStatus("ble:C0:00:00:00:00:09", Kind.OXIMETER, "Clip", InstrumentState.MEASURING))
    at = DeviceIdentity("sig_pulse_oximeter", address="ble:C0:00:00:00:00:09")
    nobody = samples.reading(Kind.OXIMETER, (metrics.SPO2, Absent.SENSOR_OFF))
    assert not board.note_result(replace(nobody, identity=at))
    assert [status.no_result for status in board.all] == [False]


async def test_that_the_kiosk_paired_by_itself_makes_nothing_its_own(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        await here.kiosk.consult()
        cuff = Cuff(here.radio, needs_bond=True)
        async with here.in_reach(cuff):
            await cuff.measure(Pressure(121, 79, 93, 68))
            await until(lambda: len(here.aside) == 1)
        assert await bonds(DEVICES) != []
        assert (await here.desk.lines())[0].how is How.UNKNOWN
        after_a_restart = Units(here.config)
        await after_a_restart.look()
        assert after_a_restart.how(Unit(cuff.address)) is How.UNKNOWN


async def test_what_bluetoothd_paired_by_itself_is_not_the_patients(tmp_path: Path) -> None:
    """The peripheral asks, the agent agrees: no state of ours says that it happened."""
    async with site(tmp_path) as here:
        await here.kiosk.consult()
        thermometer = Thermometer(here.radio)
        async with here.in_reach(thermometer):
            await thermometer.measure("37.20")
            await until(lambda: len(here.aside) == 1)
            here.bluez.pair_by_itself(thermometer.address)
            await here.units.look()
            await thermometer.measure("38.90")
            await until(lambda: here.hub.counts.set_aside == 2)
        assert here.shown == []


async def test_what_the_system_is_paired_with_before_there_is_a_list_is_declared_once(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        cuff = Cuff(here.radio, needs_bond=True)
        async with here.in_reach(cuff):
            await cuff.measure(Pressure(121, 79, 93, 68))
            await until(lambda: here.hub.counts.set_aside == 1)
        (tmp_path / "units.json").unlink()
        upgraded = Units(here.config)
        await upgraded.look()
        assert upgraded.how(Unit(cuff.address)) is How.DECLARED
        await upgraded.forget(Unit(cuff.address))
        assert upgraded.how(Unit(cuff.address)) is How.UNKNOWN
        assert await bonds(DEVICES) == []


async def test_bonds_count_though_something_was_declared_before_bluetoothd_answered(tmp_path: Path) -> None:
    async with site(tmp_path) as here:
        cuff, other = Cuff(here.radio, needs_bond=True), Unit("C0:0C:00:00:00:09")
        async with here.in_reach(cuff):
            await cuff.measure(Pressure(121, 79, 93, 68))
            await until(lambda: here.hub.counts.set_aside == 1)
        (tmp_path / "units.json").unlink()
        upgraded = Units(here.config)
        await upgraded.declare(other)
        await upgraded.look()
        assert set(upgraded.declared) == {Unit(cuff.address), other}


async def test_a_strangers_wave_is_not_shown(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        stranger = DeviceIdentity("viatom_o2ring", address="ble:C0:00:00:00:00:09")
        plugged = DeviceIdentity("contec_cms50_v7", address="serial:1")
        for identity in (stranger, plugged):
            kiosk.hub.waveform(replace(pleth((1, 2, 3)), identity=identity))
        waves = [event.waveform for event in kiosk.told if isinstance(event, WaveformShown)]
        assert [wave.identity for wave in waves] == [plugged]


def test_a_stranger_who_gave_a_result_is_not_in_reach_for_ever() -> None:
    now_s = [100.0]
    board = InstrumentBoard((), OwnsThePlugged(), lambda: now_s[0])
    for number, state in enumerate((InstrumentState.READY, InstrumentState.MEASURING)):
        board.put(InstrumentStatus(f"ble:C0:00:00:00:00:0{number}", Kind.CUFF, "Cuff", state))
    board.put(InstrumentStatus("usb:1", Kind.CUFF, "Cuff", InstrumentState.READY))
    assert len(board.all) == 3
    now_s[0] += NEAR_S
    assert [status.id for status in board.all] == ["ble:C0:00:00:00:00:01", "usb:1"]


async def test_the_last_spot_check_of_a_memory_is_set_aside_if_old_and_known_again_if_seen(
    tmp_path: Path,
) -> None:
    async with site(tmp_path, "SP-0001") as here:
        await here.kiosk.consult()
        oximeter = SpotOximeter(here.radio)
        oximeter.marks = True  # so that a record is not the same bytes as it was live
        async with here.in_reach(oximeter):
            await oximeter.remember(95, 61)
            await until(lambda: len(here.aside) == 1)
            await until(lambda: oximeter.stats()["connected"] is False)
            await oximeter.measure(97, 68)
            await until(lambda: here.hub.counts.duplicates == 1)
        assert here.aside[0].quality >= {Quality.FROM_MEMORY, Quality.BEFORE_CONSULTATION}
        (live,) = here.shown
        assert [quantity.value for quantity in live.quantities] == [97, 68]
        assert len(oximeter.asked) == 2


def test_a_unit_that_the_driver_has_forgotten_is_not_kept_either() -> None:
    board = InstrumentBoard((), OwnsThePlugged())
    status = InstrumentStatus("ble:C0:00:00:00:00:09", Kind.CUFF, "Cuff", InstrumentState.READY)
    assert board.put(status) is None
    assert board.put(replace(status, state=InstrumentState.ABSENT)) == status
    assert board.seen == ()


async def test_a_strangers_loss_is_not_the_sessions(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        await kiosk.consult()
        for state in (InstrumentState.READY, InstrumentState.LOST):
            kiosk.hub.status(InstrumentStatus("ble:C0:00:00:00:00:09", Kind.CUFF, "Cuff", state))
        assert kiosk.hub.board.own == ()
        await kiosk.hub.reading(temperature())
        assert kiosk.keeper.session is not None and kiosk.keeper.session.incidents == ()
