"""A cuff that missed our confirmation, over a true Bluetooth stack and into the record."""

from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from devices.catalog import sig_blood_pressure
from devices.reading import Clock
from drivers.ble import BleLinks
from kiosk.devices_config import DevicesConfig
from kiosk.events import ReadingShown, SetAsideChanged
from kiosk.hub import Hub
from kiosk.units import Units
from tests.drivers.listener import running
from tests.fakes.ble_peripherals import Cuff, Pressure
from tests.fakes.bluez import FakeBluez
from tests.fakes.polling import until
from tests.fakes.private_bus import private_bus
from tests.fakes.radio import Radio
from tests.kiosk.bench import bench
from tests.kiosk.whole import config_in


async def test_the_same_result_on_two_connections_is_one_although_its_clock_was_set_in_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver was started anew. The clock was 67 minutes slow: what comes again looks 67 minutes old."""
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
