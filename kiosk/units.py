"""Which Bluetooth units belong to this kiosk: docs/decisions/0018-whose-instrument.md."""

import asyncio
import logging
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from devices.catalog import devices
from devices.reading import DeviceIdentity
from drivers.instrument import DriverError
from kiosk.config import Config
from kiosk.data_dir import unit_file
from kiosk.unit import How, Unit, unit_of
from kiosk.unit_file import Declared, UnitFile, UnitFileError

if TYPE_CHECKING:
    from drivers.bonds import Bond

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
        self._configured = config.devices.own_units
        self._expected = config.devices.expected
        self._bluetooth = config.devices.bluetooth and sys.platform == "linux"
        self._declared = Declared()
        self._version = 0
        self._not_kept: set[Unit] = set()
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

    def away(self, seen: Sequence[Unit]) -> tuple[Unit, ...]:
        """Those of this kiosk that are not among `seen`, which may have units of others too.

        One that nobody has met yet has no kind; it may be called by its serial number, which not all of
        `seen` may have said: then it may be one of these.
        """
        met = [unit for unit in self._declared.met if self.how(unit) is not How.UNKNOWN]
        known = [*met, *(unit for unit in self.declared if not any(unit.is_same(each) for each in met))]
        unsaid = not all(unit.serial for unit in seen)
        called = (text for text in self._configured if not any(u.is_named(text) for u in (*known, *seen)))
        never_met = [Unit(text) for text in called if ":" in text or not unsaid]
        away = (u for u in (*known, *never_met) if not any(u.is_same(each) for each in seen))
        return tuple(unit for unit in away if self._is_looked_for(unit))

    def _is_looked_for(self, unit: Unit) -> bool:
        """Where the settings say what the site owns, no other kind is answered by radio."""
        return not (unit.kind and self._expected) or unit.kind in self._expected

    async def paired(self) -> "tuple[Bond, ...] | None":
        """None where that cannot be told, or where it is not for us to pair. At most some seconds."""
        if not self._bluetooth:
            return None
        from drivers.bonds import bonds

        try:
            return tuple(await bonds(devices()))
        except DriverError as error:
            log.debug("who is paired cannot be told now: %s", error)
            return None

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

    async def watch(self, own: Callable[[], Iterable[Unit]]) -> None:
        """Until cancelled: a command declares beside a running kiosk, and bluetoothd may come late.

        `own`: those of this kiosk that were seen, each with its kind.
        """
        while True:
            try:
                await self.look()
                await self._meet(own())
            except Exception:  # a bug here must not end the kiosk
                log.exception("whose the instruments are could not be looked at")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _meet(self, own: Iterable[Unit]) -> None:
        """Each is kept once; where the file cannot be used, it is tried once."""
        for unit in own:
            if unit in self._not_kept or self._is_met(unit):
                continue
            try:
                await asyncio.to_thread(self._file.meet, unit)
            except UnitFileError as error:
                self._not_kept.add(unit)
                log.error("%s", error)
            else:
                self._read()

    def _is_met(self, unit: Unit) -> bool:
        """And had said as much."""
        same = [met for met in self._declared.met if unit.is_same(met) and unit.kind == met.kind]
        return any(not unit.serial or unit.says_as_much_as(met) for met in same)

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
        paired = await self.paired()
        if paired is None:
            return
        try:
            units = [Unit(bond.address.upper()) for bond in paired]
            await asyncio.to_thread(self._file.count_bonds, units)
        except UnitFileError as error:
            log.error("%s", error)
        else:
            self._read()
