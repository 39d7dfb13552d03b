"""Every simulated instrument plays a script of faults: no wrong value comes of it, and it is heard again.

Not those that say a thing once and forget it: what is damaged then is gone.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from devices import catalog
from devices.device import PortMatch
from devices.metrics import ECG, Metric
from devices.reading import Reading
from drivers.instrument import InstrumentState, Reason
from drivers.serial_link import SerialLinks
from tests.drivers.ble_room import Room
from tests.drivers.listener import Listener, running
from tests.fakes import each_on_the_air, each_plugged, usb_bus
from tests.fakes.faults import Faults, Step
from tests.fakes.polling import until

DEVICES = tuple(device for device in catalog.devices() if isinstance(device.match, PortMatch))
SCRIPT: tuple[Step, ...] = (
    (0.0, "corrupt", 3), (0.0, "truncate", 3), (0.0, "flood", 10), (2.5, "silence", 1), (2.5, "mend", 1),
)  # fmt: skip
WORKS = (InstrumentState.READY, InstrumentState.MEASURING)
ASKED = ("sd_codefree", "lifescan_ultraeasy", "ascensia_contour", "taidoc_glucose_usb", "contec_08a")
FORGET = ("nonin_spot", "suntech_advantage", "ascii_cuff")
GO_ON = [each for each in each_plugged.SIMULATORS if each.key not in (*ASKED, *FORGET)]
KEEP = [each for each in each_plugged.SIMULATORS if each.key in ASKED]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    usb_bus.require_private_namespace()
    monkeypatch.setenv("TELECABINE_HIDRAW_DIR", str(tmp_path))
    return tmp_path


def values(readings: list[Reading]) -> Iterator[tuple[Metric, Decimal]]:
    return ((q.metric, q.value) for reading in readings for q in reading.quantities if q.value is not None)


async def heard(listener: Listener) -> dict[Metric, Decimal]:
    """What it says while nothing disturbs it."""
    waves = listener.waveforms
    await listener.until(lambda: any(values(listener.readings)) or any(w.metric is ECG for w in waves))
    return dict(values(listener.readings))


def check(listener: Listener, usual: dict[Metric, Decimal]) -> None:
    """What a simulator says varies by less than a tenth."""
    for metric, value in values(listener.readings):
        assert abs(value - usual[metric]) < usual[metric] / 10
    assert Reason.DRIVER_FAILED not in {status.reason for status in listener.statuses}


async def disturbed(unit: Faults, listener: Listener) -> None:
    usual = await heard(listener)
    await unit.play(SCRIPT)
    assert unit.frames_damaged == 6
    await listener.until(lambda: listener.statuses[-1].state in WORKS)
    check(listener, usual)


@pytest.mark.parametrize("simulator", GO_ON, ids=lambda simulator: simulator.key)
async def test_who_goes_on_at_a_cable(simulator: each_plugged.Simulator, folder: Path) -> None:
    listener, unit = Listener(), simulator.make(folder)
    assert isinstance(unit, Faults)
    each_plugged.plug(unit)
    try:
        async with running(SerialLinks(DEVICES, listener).run(), unit.run()):
            await disturbed(unit, listener)
    finally:
        unit.close()


@pytest.mark.parametrize("simulator", KEEP, ids=lambda simulator: simulator.key)
async def test_who_was_not_understood_is_asked_again(simulator: each_plugged.Simulator, folder: Path) -> None:
    listener, unit = Listener(), simulator.make(folder)
    assert isinstance(unit, Faults)
    each_plugged.plug(unit)
    try:
        async with running(SerialLinks(DEVICES, listener).run(), unit.run()):
            usual = await heard(listener)
            unit.corrupt(1)
            unit.truncate(1)
            await replugged(unit, listener)
            await until(lambda: unit.frames_damaged > 0)
            unit.mend()
            before = len(listener.readings)
            await listener.until(lambda: len(listener.readings) > before)
    finally:
        unit.close()
    check(listener, usual)


async def replugged(unit: each_plugged.Unit, listener: Listener) -> None:
    unit.close()
    away = (InstrumentState.LOST, InstrumentState.ABSENT)
    await listener.until(lambda: listener.statuses[-1].state in away)
    each_plugged.plug_again(unit)


@pytest.mark.parametrize("simulator", each_on_the_air.STREAMS, ids=lambda simulator: simulator.key)
async def test_who_goes_on_by_bluetooth(simulator: each_on_the_air.Simulator, room: Room) -> None:
    unit = simulator.make(room.radio)
    await room.switch_on(unit)
    async with running(room.links().run()):
        await disturbed(unit, room.listener)
