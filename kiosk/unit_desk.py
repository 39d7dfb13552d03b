"""What a technician sees of the Bluetooth units, and may say of them: ours, or not any more."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from devices.reading import Kind
from kiosk.instrument_board import InstrumentBoard
from kiosk.unit import How, Unit, identity_seen, unit_of
from kiosk.units import Units

if TYPE_CHECKING:
    from drivers.bonds import Bond


@dataclass(frozen=True, slots=True)
class UnitLine:
    """`kinds` and `name` (of the model it is taken for): empty for one that was not seen since the start.

    `no_result`: its last measurement gave no value. `paired`: None where that cannot be told, or changed.
    """

    unit: Unit
    how: How
    kinds: tuple[Kind, ...] = ()
    name: str = ""
    no_result: bool = False
    paired: bool | None = None


class UnitDesk:
    def __init__(self, units: Units, board: InstrumentBoard) -> None:
        self._units = units
        self._board = board

    async def watch(self) -> None:
        """Look who is ours, until cancelled."""
        await self._units.watch(self._own)

    def away(self, seen: Sequence[Unit]) -> tuple[Unit, ...]:
        """Those of this kiosk that are not among `seen`."""
        return self._units.away(seen)

    async def lines(self) -> tuple[UnitLine, ...]:
        """Seen, declared or paired. Whose owner is unknown comes first: there is something to say of it."""
        lines = [*self._seen()]
        for unit in self._units.declared:
            if not any(unit.is_same(line.unit) for line in lines):
                lines.append(UnitLine(unit, self._units.how(unit)))
        if (paired := await self._units.paired()) is not None:
            lines = self._with_bonds(lines, paired)
        return tuple(sorted(lines, key=lambda line: (line.how is not How.UNKNOWN, line.name, line.unit.name)))

    def _with_bonds(self, lines: list[UnitLine], paired: "tuple[Bond, ...]") -> list[UnitLine]:
        """A keyboard or a telephone is nobody's instrument, and not listed."""
        bonds = {bond.address.upper(): bond for bond in paired}
        known = [replace(line, paired=bonds.pop(line.unit.address, None) is not None) for line in lines]
        others = [(Unit(address), bond.device) for address, bond in bonds.items() if bond.device]
        return known + [UnitLine(unit, self._units.how(unit), (), name, paired=True) for unit, name in others]

    async def set_own(self, address: str, own: bool) -> tuple[UnitLine, ...]:
        """The lines as they are then.

        Raises UnitFileError, DriverError; KeyError for a unit that is not among `lines`.
        """
        unit = next((line.unit for line in await self.lines() if line.unit.address == address), None)
        if unit is None:
            raise KeyError(address)
        if own:
            await self._units.declare(unit)
        else:
            await self._units.forget(unit)
        return await self.lines()

    def _own(self) -> Iterable[Unit]:
        """Each with what it does."""
        own = (line for line in self._seen() if line.how is not How.UNKNOWN)
        return [replace(line.unit, kind=line.kinds[0].value) for line in own]

    def _seen(self) -> Iterable[UnitLine]:
        for status in self._board.seen:
            unit = unit_of(identity_seen(status))
            if unit is not None:
                failed = self._board.has_no_result(status.id)
                yield UnitLine(unit, self._units.how(unit), status.kinds, status.name, failed)
