"""What was declared survives, is told, and never lets a stranger's unit in."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from devices.reading import DeviceIdentity
from kiosk.audit import Told
from kiosk.auditing import Auditing
from kiosk.config import Config
from kiosk.devices_config import DevicesConfig
from kiosk.unit import How, Unit
from kiosk.unit_file import UnitFileError
from kiosk.units import Units
from offline_queue.audit.trail import read_trail
from offline_queue.outbox import Outbox
from tests.fakes.polling import until
from tests.kiosk.bench import KEY
from tests.kiosk.whole import config_in

CUFF = Unit("C0:0B:00:00:00:01", "UA-651BLE", "BP-0001")
PLUGGED = DeviceIdentity("contec_cms50_v7", address="serial:1a86:7523")


def identity(unit: Unit) -> DeviceIdentity:
    return DeviceIdentity("sig_blood_pressure", "", unit.model, unit.serial, "", f"ble:{unit.address}")


def config(directory: Path, *units: str) -> Config:
    return config_in(directory, devices=DevicesConfig(bluetooth=False, units=units))


async def test_nothing_by_radio_is_known_until_it_is_declared_and_it_stays_so(tmp_path: Path) -> None:
    units = Units(config(tmp_path))
    await units.look()
    assert units.knows(PLUGGED) and not units.knows(identity(CUFF))
    await units.declare(CUFF)
    await units.declare(CUFF)
    again = Units(config(tmp_path))
    await again.look()
    assert again.how(CUFF) is How.DECLARED and again.declared == (CUFF,)
    await again.forget(Unit(CUFF.address))
    assert not again.knows(identity(CUFF))


async def test_an_address_that_is_typed_again_keeps_what_the_unit_said(tmp_path: Path) -> None:
    units = Units(config(tmp_path))
    await units.declare(CUFF)
    await units.declare(Unit(CUFF.address))
    assert units.declared == (CUFF,)


async def test_what_a_command_and_the_kiosk_declare_at_once_is_all_kept(tmp_path: Path) -> None:
    running, command = Units(config(tmp_path)), Units(config(tmp_path))
    theirs = [Unit(f"C0:0B:00:00:00:{number:02X}") for number in range(16)]
    await asyncio.gather(*((running, command)[n % 2].declare(unit) for n, unit in enumerate(theirs)))
    await running.look()
    assert set(running.declared) == set(theirs)


async def test_the_settings_of_the_site_declare_too(tmp_path: Path) -> None:
    units = Units(config(tmp_path, "BP-0001"))
    await units.look()
    assert units.how(CUFF) is How.CONFIGURED
    assert not units.knows(identity(replace(CUFF, serial="BP-0002")))


async def test_a_damaged_file_knows_nothing_and_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "units.json"
    file.write_text('{"format": 1, "units": [{"address"')
    units = Units(config(tmp_path))
    await units.look()
    assert not units.knows(identity(CUFF))
    with pytest.raises(UnitFileError, match=r"units\.json"):
        await units.declare(CUFF)
    assert file.read_text().endswith('[{"address"')


async def test_what_a_command_declares_beside_a_running_kiosk_is_taken_over(tmp_path: Path) -> None:
    running, command = Units(config(tmp_path)), Units(config(tmp_path))
    await running.look()
    told: list[bool] = []
    running.on_change = lambda: told.append(running.knows(identity(CUFF)))
    async with watched(running):
        await command.declare(CUFF)
        await until(lambda: told == [True])


async def test_the_audit_chain_tells_who_joined_and_who_left(tmp_path: Path) -> None:
    settings = config(tmp_path)
    outbox = await Outbox.open(tmp_path / "outbox", KEY, settings.kiosk.id)
    try:
        auditing, units = Auditing(settings, outbox), Units(settings)
        await auditing._tell_changes()
        await units.declare(CUFF)
        await auditing._tell_changes()
        await units.forget(CUFF)
        await auditing._tell_changes()
    finally:
        await outbox.close()
    told = read_trail(tmp_path / "outbox", KEY, settings.kiosk.id).events
    assert [(e.subject, json.loads(e.detail)) for e in told if e.kind == Told.UNIT_CHANGED] == [
        (CUFF.name, {"how": "added"}),
        (CUFF.name, {"how": "removed"}),
    ]


@asynccontextmanager
async def watched(units: Units, *own: Unit) -> AsyncIterator[None]:
    """As in a kiosk that has seen these."""
    task = asyncio.create_task(units.watch(lambda: own))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def met(directory: Path, seen: Unit, *configured: str) -> Units:
    """As after a restart of a kiosk that has seen `seen`."""
    settings = config(directory, *configured)
    async with watched(Units(settings), seen):
        await until(lambda: seen.kind in _read(directory))
    again = Units(settings)
    await again.look()
    return again


def _read(directory: Path) -> str:
    file = directory / "units.json"
    return file.read_text() if file.exists() else ""


async def test_a_unit_that_was_seen_is_missed_as_what_it_is(tmp_path: Path) -> None:
    units = await met(tmp_path, replace(CUFF, kind="cuff"), "BP-0001")
    assert [(unit, unit.kind) for unit in units.away([])] == [(CUFF, "cuff")]
    assert units.away([Unit(CUFF.address)]) == ()
    assert units.declared == ()
    for settings in (
        DevicesConfig(bluetooth=False),  # they name it no more
        DevicesConfig(bluetooth=False, units=("BP-0001",), expected=("oximeter",)),  # it is not looked for
    ):
        another = Units(config_in(tmp_path, devices=settings))
        await another.look()
        assert another.away([]) == ()


async def test_a_declared_unit_is_missed_until_it_is_forgotten(tmp_path: Path) -> None:
    await Units(config(tmp_path)).declare(CUFF)
    units = await met(tmp_path, replace(CUFF, kind="cuff"))
    assert [unit.kind for unit in units.away([])] == ["cuff"]
    await units.forget(CUFF)
    assert units.away([]) == ()
    await units.declare(CUFF)
    assert [unit.kind for unit in units.away([])] == [""]
    async with watched(units, replace(CUFF, kind="cuff")):
        await until(lambda: [unit.kind for unit in units.away([])] == ["cuff"])
    async with watched(units, Unit(CUFF.address, kind="cuff"), replace(CUFF, serial="BP-0009", kind="cuff")):
        await until(lambda: "BP-0009" in _read(tmp_path))
    assert [unit.serial for unit in units.away([])] == ["BP-0009"]


async def test_a_unit_that_has_not_said_its_number_yet_takes_none_away(tmp_path: Path) -> None:
    units = await met(tmp_path, replace(CUFF, kind="cuff"), "BP-0001", "C0:0B:00:00:00:02")
    other = Unit("C0:0B:00:00:00:02", kind="scale")
    async with watched(units, Unit(CUFF.address, kind="cuff"), other):
        await until(lambda: "scale" in _read(tmp_path))
    assert [(unit, unit.kind) for unit in units.away([])] == [(CUFF, "cuff"), (other, "scale")]


async def test_who_was_never_met_may_be_one_that_has_not_said_its_number(tmp_path: Path) -> None:
    units = Units(config(tmp_path, "BP-0001", "C0:0B:00:00:00:02"))
    await units.look()
    addressed = Unit("C0:0B:00:00:00:02")
    assert units.away([]) == (Unit("BP-0001"), addressed)
    assert units.away([Unit("C0:0B:00:00:00:09")]) == (addressed,)
    assert units.away([CUFF, addressed]) == ()


async def test_a_file_that_cannot_be_used_is_left_when_a_unit_is_seen(tmp_path: Path) -> None:
    damaged = '{"format": 1, "units": [{"address"'
    (tmp_path / "units.json").write_text(damaged)
    units = Units(config(tmp_path, "BP-0001"))
    async with watched(units, CUFF):
        await until(lambda: CUFF in units._not_kept)
    assert _read(tmp_path) == damaged


async def test_a_unit_of_two_addresses_is_written_down_once(tmp_path: Path) -> None:
    """Some change their address with the battery."""
    cuff = replace(CUFF, kind="cuff")
    units = await met(tmp_path, cuff)
    file = tmp_path / "units.json"
    written = file.stat().st_mtime_ns
    async with watched(units, cuff, replace(cuff, address="C0:0B:00:00:00:09")):
        await asyncio.sleep(0.5)
    assert file.stat().st_mtime_ns == written
