"""Which Bluetooth units belong to this kiosk: docs/decisions/0018-whose-instrument.md."""

import asyncio
import logging
import sys
from collections.abc import Callable

from devices.catalog import devices
from devices.reading import DeviceIdentity
from drivers.instrument import DriverError
from kiosk.config import Config
from kiosk.data_dir import unit_file
from kiosk.unit import How, Unit, unit_of
from kiosk.unit_file import Declared, UnitFile, UnitFileError

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
_UNUSABLE = Declared(bonds_counted=True)


class Units:
    """Asked for every reading: only `look`, and what changes something, wait for disk and bluetoothd.

    bluetoothd pairs with whatever asks for it, and nobody can tell such a bond from a technician's: bonds are
    taken into the list once, when there is none yet, and mean nothing afterwards.
    """

    def __init__(self, config: Config) -> None:
        self._file = UnitFile(unit_file(config))
        self._configured = config.devices.units
        self._bluetooth = config.devices.bluetooth and sys.platform == "linux"
        self._declared = Declared()
        self._version = 0
        self.on_change: Callable[[], None] | None = None

    def how(self, unit: Unit) -> How:
        if any(unit.is_named(text) for text in self._configured):
            return How.CONFIGURED
        declared = any(unit.is_same(known) for known in self._declared.units)
        return How.DECLARED if declared else How.UNKNOWN

    def knows(self, identity: DeviceIdentity) -> bool:
        """Also what is plugged in."""
        unit = unit_of(identity)
        return unit is None or self.how(unit) is not How.UNKNOWN

    @property
    def declared(self) -> tuple[Unit, ...]:
        return self._declared.units

    async def declare(self, unit: Unit) -> None:
        """It belongs to this kiosk. Raises UnitFileError."""
        await asyncio.to_thread(self._file.declare, unit)
        self._read()

    async def forget(self, unit: Unit) -> None:
        """It has left: neither declared nor paired any more. Raises UnitFileError, DriverError."""
        await asyncio.to_thread(self._file.forget, unit)
        self._read()
        if self._bluetooth:
            from drivers.bonds import forget

            await forget(unit.address)

    async def look(self) -> None:
        """What was declared. Where there is no list yet: who is paired."""
        if self._file.version != self._version:
            self._read()
        if self._bluetooth and not self._declared.bonds_counted:
            await self._count_bonds()

    async def watch(self) -> None:
        """Until cancelled: a command declares beside a running kiosk, and bluetoothd may come late."""
        while True:
            try:
                await self.look()
            except Exception:  # a bug here must not end the kiosk
                log.exception("whose the instruments are could not be looked at")
            await asyncio.sleep(LOOK_EVERY_S)

    def _read(self) -> None:
        """A file that cannot be used declares nothing: what may be a stranger's is then set aside."""
        self._version, before = self._file.version, self._declared
        try:
            self._declared = self._file.read()
        except UnitFileError as error:
            log.error("%s", error)
            self._declared = _UNUSABLE
        if before.units != self._declared.units and self.on_change is not None:
            self.on_change()

    async def _count_bonds(self) -> None:
        from drivers.bonds import bonds

        try:
            paired = [Unit(bond.address.upper()) for bond in await bonds(devices())]
            await asyncio.to_thread(self._file.count_bonds, paired)
        except DriverError as error:
            log.debug("who is paired cannot be told now: %s", error)
        except UnitFileError as error:
            log.error("%s", error)
        else:
            self._read()
