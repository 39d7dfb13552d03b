"""What a Bluetooth instrument sends once is for the kiosk: commands beside it take nothing unasked.

Over bleak's own BlueZ backend and real GATT servers.
"""

import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from devices.reading import Kind
from drivers.ble import BleLinks
from kiosk.devices_config import DevicesConfig
from kiosk.instrument_watch import watch
from kiosk.selftest.alone import check_alone
from kiosk.selftest.report import Check, Part, Problem, Verdict
from tests.drivers.ble_room import DEVICES
from tests.drivers.listener import Listener, running
from tests.fakes import usb_bus
from tests.fakes.ble_peripherals import Cuff, Pressure, PulseOximeter
from tests.fakes.bluez import FakeBluez
from tests.fakes.call_bench import PAGE_DIR
from tests.fakes.contec_pty import ContecSpeaker
from tests.fakes.nonin_slow import SpotChecker
from tests.fakes.polling import until
from tests.fakes.private_bus import private_bus
from tests.fakes.radio import Radio
from tests.kiosk.whole import config_in, whole_kiosk


@dataclass(frozen=True, slots=True)
class Reach:
    """`cuff` has a result that nobody has got yet; `oximeter` is switched off."""

    cuff: Cuff
    oximeter: PulseOximeter


@pytest.fixture
async def reach() -> AsyncIterator[Reach]:
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(private_bus())
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("DBUS_SYSTEM_BUS_ADDRESS", bus)
        radio = Radio()
        bluez, here = FakeBluez(radio), Reach(Cuff(radio), PulseOximeter(radio))
        await bluez.start(bus)
        stack.push_async_callback(bluez.die)
        for peripheral in (here.cuff, here.oximeter):
            stack.push_async_callback(peripheral.close)
        await here.cuff.power_on()
        await here.cuff.remember(Pressure(121, 79, 93, 68))
        yield here


async def kiosk_gets_it() -> None:
    listener = Listener()
    async with running(BleLinks(DEVICES, listener).run()):
        await listener.until(lambda: len(listener.of(Kind.CUFF)) == 1)


async def test_the_selftest_sees_a_cuff_and_leaves_its_result(reach: Reach, tmp_path: Path) -> None:
    devices = DevicesConfig(expected=(Kind.CUFF.value,), units=(reach.cuff.address,))
    config = config_in(tmp_path, devices=devices)
    async with whole_kiosk(config_in(tmp_path)):
        pass  # it makes the outbox
    found: list[Check] = []
    while all(check.problem is Problem.NOT_SEEN_YET for check in found):
        report = await check_alone(config, PAGE_DIR, 2.0)
        found = [check for check in report.checks if check.part is Part.CUFF]
    assert [(check.verdict, check.detail) for check in found] == [(Verdict.GREEN, "found")]
    assert reach.cuff.connections == 0
    await kiosk_gets_it()


async def test_the_selftest_says_what_it_could_not_leave(tmp_path: Path) -> None:
    """A spot checker at the bridge of an Xpod, with two results that nobody has got yet."""
    usb_bus.require_private_namespace()
    async with whole_kiosk(config_in(tmp_path)):
        pass  # it makes the outbox
    config, spot_checker = config_in(tmp_path), SpotChecker()
    for spo2 in (95, 96):
        spot_checker.remember(datetime(2026, 11, 27, 17, 45, spo2 - 90), spo2, 61)
    spot_checker.plug("ttyUSB5")
    try:
        async with running(spot_checker.run()):
            report = await check_alone(config, PAGE_DIR, 15.0)
    finally:
        spot_checker.close()
    found = [check for check in report.checks if check.part is Part.OXIMETER]
    assert [(check.verdict, check.problem, check.detail) for check in found] == [
        (Verdict.GREEN, Problem.NONE, "ready"),
        (Verdict.AMBER, Problem.RESULT_TAKEN, "2"),
    ]
    assert {check.subject for check in found} == {"Nonin spot check (format 13)"}


async def test_the_selftest_misses_a_unit_that_the_kiosk_has_seen(reach: Reach, tmp_path: Path) -> None:
    """Also beside one of its kind."""
    config = config_in(tmp_path, devices=DevicesConfig(expected=("oximeter",), units=("OX-0001",)))
    await reach.oximeter.power_on()
    file, contec = tmp_path / "units.json", ContecSpeaker()
    async with whole_kiosk(config):
        await until(lambda: file.exists() and "OX-0001" in file.read_text(encoding="utf-8"))
    await reach.oximeter.hide()
    contec.plug()
    try:
        async with running(contec.run()):
            report = await check_alone(config, PAGE_DIR, 4.0)
    finally:
        contec.close()
    found = [check for check in report.checks if check.part is Part.OXIMETER]
    assert [(check.verdict, check.problem) for check in found] == [
        (Verdict.GREEN, Problem.NONE), (Verdict.RED, Problem.NOT_FOUND),
    ]  # fmt: skip
    assert "OX-0001" in found[1].subject


async def test_watching_names_a_cuff_and_leaves_its_result(reach: Reach) -> None:
    out = io.StringIO()
    async with running(watch(out, None, None, take=False)):
        await until(lambda: f"(ble:{reach.cuff.address})" in out.getvalue())
        await reach.oximeter.power_on()
        await until(lambda: "spo2" in out.getvalue())  # what streams is connected as ever
    assert "not connected (--take)" in out.getvalue()
    assert reach.cuff.connections == 0
    await kiosk_gets_it()


async def test_watching_says_what_it_cannot_leave(reach: Reach) -> None:
    """A spot checker at the bridge of an Xpod: nobody knows that it is one before it has spoken."""
    out, spot_checker = io.StringIO(), SpotChecker()
    spot_checker.remember(datetime(2026, 11, 27, 17, 45, 12), 95, 61)
    spot_checker.plug("ttyUSB5")
    try:
        async with running(watch(out, None, None, take=False), spot_checker.run()):
            await until(lambda: "spo2 95 %" in out.getvalue())
    finally:
        spot_checker.close()
    assert "the kiosk does not get it: Nonin spot check" in out.getvalue()


async def test_who_says_so_takes_it(reach: Reach, tmp_path: Path) -> None:
    out, capture = io.StringIO(), tmp_path / "capture.jsonl"
    async with running(watch(out, None, capture, take=True)):
        await until(lambda: "systolic 121 mm[Hg]" in out.getvalue())
    assert "the kiosk does not get it" in out.getvalue()
    assert reach.cuff.address in capture.read_text(encoding="utf-8")
