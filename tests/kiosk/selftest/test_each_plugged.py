"""Every simulated instrument at a cable, one fault after the other: each is one red line with its name.

All of the catalogue is looked for. A fault is what sends in the place of the unit: nothing, or what nobody
understands; or its cable comes out.
"""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import pytest

from devices import catalog
from devices.device import PortMatch
from devices.reading import SHY
from drivers.instrument import InstrumentState, InstrumentStatus, Reason
from drivers.serial_link import SerialLinks
from kiosk.selftest.instruments import PARTS, check_kinds
from kiosk.selftest.report import Problem
from tests.drivers.listener import Listener, running
from tests.fakes import usb_bus
from tests.fakes.contec_pty import ContecSpeaker
from tests.fakes.each_plugged import SIMULATORS, Simulator, Unit, plug
from tests.fakes.hid_bridge import Bridge
from tests.fakes.hid_unit import HidUnit
from tests.fakes.nonin_pty import Xpod
from tests.fakes.serial_unit import SerialUnit
from tests.kiosk.selftest.found import Found, reds

DEVICES = tuple(device for device in catalog.devices() if isinstance(device.match, PortMatch))
NOISE = b"$GPRMC,,V*67\r\n"
SAY_EVERY_S = 1 / 30
WORKS = (InstrumentState.READY, InstrumentState.MEASURING)
FAILS = (InstrumentState.LOST, InstrumentState.FAULTY)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    usb_bus.require_private_namespace()
    monkeypatch.setenv("TELECABINE_HIDRAW_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("simulator", SIMULATORS, ids=lambda simulator: simulator.key)
async def test_one_fault_is_one_red_line(simulator: Simulator, folder: Path) -> None:
    kind, match = simulator.device.kind, simulator.device.match
    assert isinstance(match, PortMatch)
    listener, unit = Listener(), simulator.make(folder)
    plug(unit)
    missing: list[Found] = [] if kind in SHY else [(PARTS[kind], Problem.NOT_FOUND)]
    broken = [(PARTS[kind], Problem.NOT_WORKING)]
    try:
        async with running(SerialLinks(DEVICES, listener).run()):
            await listener.until(lambda: bool(listener.statuses))
            assert told(listener, kind) == missing, "dead from the start"
            async with running(unit.run()):
                await listener.until(lambda: last(listener).kind is kind and last(listener).state in WORKS)
                assert told(listener, kind) == []
            if not match.quiet:
                async with running(saying(unit, b"")):
                    await listener.until(lambda: last(listener).reason is Reason.NO_DATA)
                    assert told(listener, kind) == broken, "it has stopped"
            async with running(saying(unit, NOISE)):
                await listener.until(lambda: last(listener).reason is Reason.GARBLED)
                assert told(listener, kind) == broken, "it is not understood"
            unit.close()
            await listener.until(
                lambda: last(listener).state in (InstrumentState.LOST, InstrumentState.ABSENT)
            )
            assert told(listener, kind) == ([] if match.carried else broken), "it was pulled out"
    finally:
        unit.close()


def last(listener: Listener) -> InstrumentStatus:
    return listener.statuses[-1]


def told(listener: Listener, kind: str) -> list[Found]:
    """What a site that owns one of this kind is told."""
    newest = {status.id: status for status in listener.statuses}
    return reds(check_kinds([kind], newest.values()))


async def saying(unit: Unit, data: bytes) -> None:
    """That over and over in the place of what the unit says, at any speed, until cancelled."""
    while True:
        await asyncio.sleep(SAY_EVERY_S)
        if isinstance(unit, SerialUnit):
            unit._forget_parity()
        if data:
            say(unit, data)


def say(unit: Unit, data: bytes) -> None:
    if isinstance(unit, HidUnit):
        unit.say(data)
    elif isinstance(unit, Bridge):
        unit.report(bytes((len(data),)) + data)
    elif isinstance(unit, SerialUnit | ContecSpeaker | Xpod):
        with suppress(BlockingIOError):
            os.write(unit._master, data)
