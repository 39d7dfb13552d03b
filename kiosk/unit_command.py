"""`telecabine devices units`: which Bluetooth instruments belong to this kiosk, also beside a running one."""

import argparse
import asyncio
import re
import sys
from collections.abc import Iterator

from drivers.instrument import DriverError
from kiosk.config import Config, ConfigError, load_config
from kiosk.data_dir import unit_file
from kiosk.unit import How, Unit
from kiosk.unit_file import UnitFile, UnitFileError
from kiosk.units import Units

_ADDRESS = re.compile(r"([0-9A-F]{2}:){5}[0-9A-F]{2}")


def run(options: argparse.Namespace) -> int:
    """0 good, 2 a wrong call or a file that cannot be used."""
    try:
        return asyncio.run(_units(load_config(options.config), options.ours, options.forget))
    except (ConfigError, UnitFileError, DriverError, ValueError) as error:
        print(f"telecabine: {error}", file=sys.stderr)
        return 2


async def _units(config: Config, ours: str | None, forget: str | None) -> int:
    UnitFile(unit_file(config)).read()  # one that cannot be used is an error here, not an empty list
    units = Units(config)
    await units.look()
    if ours is not None:
        await units.declare(_unit(ours))
    if forget is not None:
        await _forget(units, _unit(forget))
    for line in _lines(config, units):
        print(line)
    return 0


async def _forget(units: Units, unit: Unit) -> None:
    known = next((each for each in units.declared if each.address == unit.address), unit)
    if units.how(known) is How.CONFIGURED:
        raise ValueError(f"{unit.address} is named in the settings: take it out of [devices]")
    if units.how(known) is How.UNKNOWN:
        raise ValueError(f"{unit.address} is not one of this kiosk's")
    await units.forget(known)


def _lines(config: Config, units: Units) -> Iterator[str]:
    for text in config.devices.own_units:
        yield f"{How.CONFIGURED:12} {text}"
    for unit in units.declared:
        yield f"{How.DECLARED:12} {unit.name}"


def _unit(address: str) -> Unit:
    """Raises ValueError."""
    if not _ADDRESS.fullmatch(address.upper()):
        raise ValueError(f"{address} is not a Bluetooth address like C0:0B:00:00:00:01")
    return Unit(address.upper())
