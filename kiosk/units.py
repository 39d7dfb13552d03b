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
_BONDS_EVERY = 30  # looks: the file is one question to the disk, the bonds are some to another program


class Units:
    """Asked for every reading: only `look`, and what changes something, wait for disk and bluetoothd."""

    def __init__(self, config: Config) -> None:
        self._file = UnitFile(unit_file(config))
        self._configured = config.devices.units
        self._bluetooth = config.devices.bluetooth and sys.platform == "linux"
        self._declared = Declared()
        self._version = 0
        self._paired: frozenset[str] = frozenset()
        self._self_paired: set[str] = set()
        self.on_change: Callable[[], None] | None = None

    def how(self, unit: Unit) -> How:
        if any(unit.is_named(text) for text in self._configured):
            return How.CONFIGURED
        if any(unit.is_same(known) for known in self._declared.units):
            return How.DECLARED
        strange = self._self_paired.union(self._declared.self_paired)
        return How.PAIRED if unit.address in self._paired - strange else How.UNKNOWN

    def knows(self, identity: DeviceIdentity) -> bool:
        """Also what is plugged in."""
        unit = unit_of(identity)
        return unit is None or self.how(unit) is not How.UNKNOWN

    @property
    def declared(self) -> tuple[Unit, ...]:
        return self._declared.units

    @property
    def paired(self) -> tuple[str, ...]:
        """Addresses, also those that the kiosk paired with by itself."""
        return tuple(sorted(self._paired))

    def declare(self, unit: Unit) -> None:
        """It belongs to this kiosk. Raises UnitFileError."""
        self._file.declare(unit)
        self._read()

    async def forget(self, unit: Unit) -> None:
        """It has left: neither declared nor paired any more. Raises UnitFileError, DriverError."""
        self._file.forget(unit)
        if unit.address in self._paired:
            from drivers.bonds import forget

            await forget(unit.address)
            await self._look_at_bonds()
        self._read()

    def self_paired(self, unit: Unit) -> None:
        """The kiosk pairs with whatever asks for it: that alone makes nothing its own."""
        if self.how(unit) is not How.UNKNOWN:
            return
        self._self_paired.add(unit.address)
        try:
            self._file.note_self_paired(unit.address)
        except UnitFileError as error:
            log.error("%s", error)
        self._read()

    async def look(self) -> None:
        """What was declared, and who is paired."""
        self._read()
        await self._look_at_bonds()

    async def watch(self) -> None:
        """Until cancelled: a command declares beside a running kiosk, and somebody pairs."""
        await self.look()
        looks = 0
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            looks += 1
            if self._file.version != self._version:
                self._read()
            if looks % _BONDS_EVERY == 0:
                await self._look_at_bonds()

    def _read(self) -> None:
        """A file that cannot be used declares nothing: what may be a stranger's is then set aside."""
        self._version, before = self._file.version, self._declared
        try:
            self._declared = self._file.read()
        except UnitFileError as error:
            log.error("%s", error)
            self._declared = Declared()
        self._tell(before != self._declared)

    async def _look_at_bonds(self) -> None:
        if not self._bluetooth:
            return
        from drivers.bonds import bonds

        before = self._paired
        try:
            self._paired = frozenset(bond.address.upper() for bond in await bonds(devices()))
        except DriverError as error:
            log.info("who is paired cannot be told now: %s", error)
        self._tell(before != self._paired)

    def _tell(self, changed: bool) -> None:
        if changed and self.on_change is not None:
            self.on_change()
