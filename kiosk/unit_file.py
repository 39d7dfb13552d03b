"""The units that were declared to be this kiosk's, in a file of its data folder.

In clear, and readable without the outbox's key: the addresses of instruments say nothing of a patient, and
`telecabine devices units` has to work beside a running kiosk. The audit chain tells who changed it.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

from kiosk.unit import Unit
from offline_queue.errors import OutboxError
from offline_queue.files import replace
from offline_queue.lock import alone

FORMAT = 1


class UnitFileError(Exception):
    """The file is there and cannot be used. It is left as it is: somebody may mend it."""


@dataclass(frozen=True, slots=True)
class Declared:
    """`bonds_counted`: whom the machine was paired with before is among them; a bond counts once.

    `met`: those of this kiosk that it has seen, each with its kind; it declares nothing.
    """

    units: tuple[Unit, ...] = ()
    met: tuple[Unit, ...] = ()
    bonds_counted: bool = False


class UnitFile:
    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def version(self) -> int:
        """Another after each change; 0 while there is no file."""
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0

    def read(self) -> Declared:
        """Nothing is declared where there is no file. Raises UnitFileError."""
        try:
            return _declared(json.loads(self._path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return Declared()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UnitFileError(f"{self._path}: cannot be used: {error}") from error

    def declare(self, unit: Unit) -> None:
        """In the place of what was said of the same unit before. Raises UnitFileError."""
        with self._alone():
            known = self.read()
            others = _without(unit, known.units)
            same = (each for each in known.units if each.is_same(unit))
            self._write(changed(known, units=(*others, _fuller(unit, same))))

    def forget(self, unit: Unit) -> bool:
        """False when it was not declared. Raises UnitFileError."""
        with self._alone():
            known = self.read()
            others = _without(unit, known.units)
            if others == known.units:
                return False
            self._write(changed(known, units=others, met=_without(unit, known.met)))
            return True

    def meet(self, unit: Unit) -> None:
        """It was seen, and is this kiosk's. Raises UnitFileError."""
        with self._alone():
            known = self.read()
            self._write(changed(known, met=(*_without(unit, known.met), unit)))

    def count_bonds(self, paired: Sequence[Unit]) -> None:
        """The first time only: they are declared. Raises UnitFileError."""
        with self._alone():
            known = self.read()
            if not known.bonds_counted:
                new = (unit for unit in paired if not any(unit.is_same(each) for each in known.units))
                self._write(changed(known, units=(*known.units, *new), bonds_counted=True))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """A command and the kiosk must not lose each other's change."""
        try:
            with alone(self._path.parent):
                yield
        except OutboxError as error:
            raise UnitFileError(f"{self._path}: cannot be written: {error}") from error

    def _write(self, declared: Declared) -> None:
        text = json.dumps({"format": FORMAT, **asdict(declared)}, indent=2)
        try:
            replace(self._path, text.encode())
        except OSError as error:
            raise UnitFileError(f"{self._path}: cannot be written: {error.strerror}") from error


def _without(unit: Unit, known: Iterable[Unit]) -> tuple[Unit, ...]:
    return tuple(each for each in known if not each.is_same(unit))


def _fuller(unit: Unit, before: Iterable[Unit]) -> Unit:
    """Somebody who types an address says less than the unit itself did."""
    said = (each for each in before if each.model or each.serial)
    return unit if unit.model or unit.serial else next(said, unit)


def _declared(told: dict[str, Any]) -> Declared:
    if told["format"] != FORMAT:
        raise ValueError(f"format {told['format']}")
    counted = bool(told.get("bonds_counted", True))  # an older list had its own bonds
    return Declared(_units(told["units"]), _units(told.get("met", ())), counted)


def _units(told: Iterable[dict[str, Any]]) -> tuple[Unit, ...]:
    said = ([str(each.get(key, "")) for key in ("model", "serial", "kind")] for each in told)
    return tuple(Unit(str(each["address"]), *rest) for each, rest in zip(told, said, strict=True))
