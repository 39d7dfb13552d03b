"""Every simulated instrument that is plugged in by a cable, one of each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from devices.catalog import by_key
from devices.device import Device
from tests.fakes.contec_08a_pty import Contec08A, record
from tests.fakes.contec_pty import ContecSpeaker
from tests.fakes.contour_pty import Contour
from tests.fakes.ecg_pty import EcgBoard
from tests.fakes.glucose_pty import CodeFree, UltraEasy
from tests.fakes.hid_bridge import TaidocMeter
from tests.fakes.hid_unit import HidUnit
from tests.fakes.nonin_pty import IDS as FTDI
from tests.fakes.nonin_pty import Xpod
from tests.fakes.nonin_slow import Format8, SpotChecker
from tests.fakes.pc300_pty import Pc300
from tests.fakes.serial_line import Line
from tests.fakes.serial_unit import Answerer, SerialUnit, Streamer

TODAY = datetime(2026, 11, 28, 9, 30)
STEADY = bytes.fromhex("84374c0a5f")
PRESSURE = bytes.fromhex("3e1873004a001e01000000000000310755005800000000e9")
PRESSURE_LINE = b"\x02S1;A0;C03;M00;P120080093;R072;T0005;;3B\x03\r"


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


def plug(unit: Unit) -> None:
    """For the first time: some are plugged in as soon as they are made."""
    if isinstance(unit, SerialUnit | ContecSpeaker | TaidocMeter):
        plug_again(unit)


def plug_again(unit: Unit) -> None:
    if isinstance(unit, SerialUnit | ContecSpeaker):
        unit.plug("ttyUSB5")
    elif isinstance(unit, TaidocMeter | HidUnit):
        unit.plug()
