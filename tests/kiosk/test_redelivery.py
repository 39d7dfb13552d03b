"""What is delivered again, by a true Bluetooth stack or serial port and into the record."""

from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from devices.catalog import sd_codefree, sig_blood_pressure
from devices.reading import Clock
from drivers.ble import BleLinks
from drivers.serial_link import SerialLinks
from kiosk import aside
from kiosk.devices_config import DevicesConfig
from kiosk.events import ReadingShown, SetAsideChanged
from kiosk.hub import Hub
from kiosk.units import Units
from tests.drivers.listener import running
from tests.fakes import usb_bus
from tests.fakes.ble_peripherals import Cuff, Pressure
from tests.fakes.bluez import FakeBluez
from tests.fakes.glucose_pty import CodeFree
from tests.fakes.polling import until
from tests.fakes.private_bus import private_bus
from tests.fakes.radio import Radio
from tests.kiosk.bench import bench
from tests.kiosk.whole import config_in


async def test_the_same_result_on_two_connections_is_one_although_its_clock_was_set_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cuff missed our confirmation, and the driver was started anew. The clock was 67 minutes slow: what
    comes again looks 67 minutes old.
    """
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(private_bus())
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus)
        radio = Radio()
        bluez, cuff = FakeBluez(radio), Cuff(radio)
        await bluez.start(bus)
        stack.push_async_callback(bluez.die)
        await cuff.power_on()
        stack.push_async_callback(cuff.close)
        kiosk = await stack.enter_async_context(bench(tmp_path))
        ours = Units(config_in(tmp_path, devices=DevicesConfig(units=(cuff.address,))))
        hub = Hub(kiosk.keeper, kiosk.told.append, owner=ours)
        await kiosk.consult()
        await cuff.remember(Pressure(121, 79, 93, 68), age=timedelta(0))
        async with running(BleLinks((sig_blood_pressure.DEVICE,), hub).run()):
            await until(lambda: hub.counts.kept)
        await cuff.deliver_again()
        async with running(BleLinks((sig_blood_pressure.DEVICE,), hub).run()):
            await until(lambda: hub.counts.duplicates)
        (reading,) = await kiosk.keeper.readings()
        assert reading.clock is Clock.CORRECTED and reading.clock_offset_s is not None
        assert abs(reading.clock_offset_s - 67 * 60) < 5
        assert kiosk.heard(ReadingShown) == [ReadingShown(reading)]
        assert kiosk.heard(SetAsideChanged) == []


async def test_a_result_that_was_forgotten_and_is_sent_again_on_purpose_is_offered_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A meter is switched on in the waiting room, and twice more in the consultation."""
    usb_bus.require_private_namespace()
    monkeypatch.setattr(aside, "HOLD", timedelta(0))
    meter = CodeFree([(datetime(2026, 11, 28, 9, 30), 104)])
    meter.plug("ttyUSB0")
    try:
        async with bench(tmp_path) as kiosk, AsyncExitStack() as stack:
            links = SerialLinks((sd_codefree.DEVICE,), kiosk.hub)
            await stack.enter_async_context(running(links.run(), meter.run()))
            await until(lambda: meter.heard_at)
            meter.switch_on()
            await until(lambda: kiosk.hub.counts.set_aside == 1)
            await until(lambda: meter.is_done)
            await kiosk.consult()
            assert kiosk.heard(SetAsideChanged) == []
            for _ in range(2):
                meter.switch_on()
                await until(lambda: meter.is_done)
            await until(lambda: kiosk.hub.counts.duplicates == 1)
            (offered,) = (e for e in kiosk.heard(SetAsideChanged) if isinstance(e, SetAsideChanged))
            assert [str(reading.quantities[0].value) for reading in offered.readings] == ["104"]
    finally:
        meter.close()
