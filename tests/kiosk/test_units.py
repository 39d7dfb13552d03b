"""What was declared survives, is told, and never lets a stranger's unit in."""

import asyncio
import json
from contextlib import suppress
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
    watching = asyncio.create_task(running.watch())
    try:
        await command.declare(CUFF)
        await until(lambda: told == [True])
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


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
