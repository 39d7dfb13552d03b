"""Every simulated instrument at a cable, one fault after the other: each is one red line with its name.

All of the catalogue is looked for. A fault is what sends in the place of the unit: nothing, or what nobody
understands; or its cable comes out.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pytest

from devices import catalog
from devices.catalog import by_key
from devices.device import Device, PortMatch
from devices.reading import SHY
from drivers.instrument import InstrumentState, InstrumentStatus, Reason
from drivers.serial_link import SerialLinks
from kiosk.selftest.instruments import PARTS, check_kinds
from kiosk.selftest.report import Problem
from tests.drivers.listener import Listener, running
from tests.fakes import usb_bus
from tests.fakes.contec_08a_pty import Contec08A, record
from tests.fakes.contec_pty import ContecSpeaker
from tests.fakes.contour_pty import Contour
from tests.fakes.ecg_pty import EcgBoard
from tests.fakes.glucose_pty import CodeFree, UltraEasy
from tests.fakes.hid_bridge import Bridge, TaidocMeter
from tests.fakes.hid_unit import HidUnit
from tests.fakes.nonin_pty import IDS as FTDI
from tests.fakes.nonin_pty import Xpod
from tests.fakes.nonin_slow import Format8, SpotChecker
from tests.fakes.pc300_pty import Pc300
from tests.fakes.serial_line import Line
from tests.fakes.serial_unit import Answerer, SerialUnit, Streamer
from tests.kiosk.selftest.found import Found, reds

DEVICES = tuple(device for device in catalog.devices() if isinstance(device.match, PortMatch))
TODAY = datetime(2026, 11, 28, 9, 30)
NOISE = b"$GPRMC,,V*67\r\n"
SAY_EVERY_S = 1 / 30
STEADY = bytes.fromhex("84374c0a5f")
PRESSURE = bytes.fromhex("3e1873004a001e01000000000000310755005800000000e9")
PRESSURE_LINE = b"\x02S1;A0;C03;M00;P120080093;R072;T0005;;3B\x03\r"
WORKS = (InstrumentState.READY, InstrumentState.MEASURING)
FAILS = (InstrumentState.LOST, InstrumentState.FAULTY)


class Unit(Protocol):
    async def run(self) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Simulator:
    """`make` gives the unit, plugged in or with a `plug` of its own."""

    key: str
    make: Callable[[Path], Unit]

    @property
    def device(self) -> Device:
        return by_key()[self.key]


class SwitchedOn(CodeFree):
    """Somebody switches it on as soon as its bridge is listened to at its speed."""

    def _note_line(self) -> None:
        heard = len(self.heard_at)
        super()._note_line()
        if len(self.heard_at) > heard and self.heard_at[-1] == self.line:
            self.switch_on()


def spot_checker(_: Path) -> SpotChecker:
    unit = SpotChecker()
    unit.remember(TODAY, 95, 61)
    return unit


SIMULATORS = (
    Simulator("contec_cms50_v7", lambda _: ContecSpeaker()),
    Simulator("contec_cms50_old", lambda _: Streamer(STEADY, Line(19200, odd=True))),
    Simulator("berry_serial", lambda _: Streamer(STEADY, Line(4800))),
    Simulator("nonin_xpod", lambda _: Xpod()),
    Simulator("nonin_xpod_7", lambda _: Xpod(data_format=7)),
    Simulator("nonin_xpod_8", lambda _: Format8()),
    Simulator("nonin_spot", spot_checker),
    Simulator("bmd101", lambda _: EcgBoard()),
    Simulator("creative_pc300", lambda _: Pc300()),
    Simulator(
        "suntech_advantage", lambda _: Answerer(bytes.fromhex("3a7903004a"), PRESSURE, Line(9600), FTDI)
    ),
    Simulator("ascii_cuff", lambda _: Answerer(b"\x0218;;DF\x03", PRESSURE_LINE, Line(4800), FTDI)),
    Simulator("sd_codefree", lambda _: SwitchedOn([(TODAY, 104)])),
    Simulator("lifescan_ultraeasy", lambda _: UltraEasy([(TODAY, 104)])),
    Simulator("ascensia_contour", lambda _: Contour([(TODAY, "104", "mg/dL", "M0/T1")], TODAY)),
    Simulator("taidoc_glucose_usb", lambda folder: TaidocMeter(folder, [(TODAY, 104, 0x80)])),
    Simulator("contec_08a", lambda _: Contec08A([record(120, 80, 65, 93, (26, 11, 28, 9, 30))])),
)


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


def plug(unit: Unit) -> None:
    if isinstance(unit, SerialUnit | ContecSpeaker):
        unit.plug("ttyUSB5")
    elif isinstance(unit, TaidocMeter):
        unit.plug()


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
