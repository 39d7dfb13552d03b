"""Looking at an outbox without touching it, also while a kiosk has it open: on a copy of its files.

A copy that is made while the kiosk writes may be torn: it is made again.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from offline_queue.database import open_database
from offline_queue.errors import OutboxError, OutboxReason, translated
from offline_queue.item import Look
from offline_queue.outcome import Backoff
from offline_queue.reconcile import Finding, Found
from offline_queue.rows import Rows
from offline_queue.scratch import scratch
from offline_queue.sentinel import (
    DATABASE,
    RECOVERING,
    SENTINEL,
    check_there,
    read_mark_file,
    write_mark_file,
)
from offline_queue.sql import Database
from offline_queue.store import Store
from offline_queue.waiting import Waiting, waiting

T = TypeVar("T")

_TRIES = 3
_OUTSIDE = "outside.mark"


@dataclass(frozen=True, slots=True)
class Glance:
    look: Look
    streams: tuple[Waiting, ...]


@contextmanager
def copied(directory: Path) -> Iterator[Path]:
    """All files of the outbox but its reserve, readable for us alone; gone afterwards."""
    with translated(), scratch() as folder:
        for path in sorted(_files_of(directory), key=_turn):
            if path.is_file() and not path.name.endswith((".ballast", ".new", ".lock")):
                _copy(path, folder / path.name)
        yield folder


def _files_of(directory: Path) -> list[Path]:
    """The database too that a `recover` which was cut short has set aside."""
    halfway = () if (directory / DATABASE).exists() else (directory / RECOVERING).glob(f"{DATABASE}*")
    return [*directory.glob("outbox.*"), *halfway]


def _turn(path: Path) -> tuple[bool, bool]:
    """The mark first, which may lag and never lead; the log last: what it has more than the database can be
    put into it, not the other way round."""
    return path.name != SENTINEL, not path.name.startswith(DATABASE)


def looking(directory: Path, look: Callable[[Path], T]) -> T:
    """What `look` finds in a copy, which a kiosk that writes may have torn: then in another one."""
    for left in reversed(range(_TRIES)):
        try:
            with copied(directory) as copy:
                return look(copy)
        except OutboxError as error:
            if not left or error.reason is not OutboxReason.WRONG_KEY_OR_DAMAGED:
                raise
    raise AssertionError("unreachable")


@contextmanager
def opened(copy: Path, key: bytes, owner: str) -> Iterator[Database]:
    """The database of a copy. OutboxError as for `open_database`."""
    database = Database(open_database(copy, key, owner))
    try:
        yield database
    finally:
        database.close()


def glance(directory: Path, key: bytes, owner: str, outside: Path | None = None) -> Glance:
    """OutboxError as for `open_database`. `outside`: the second mark."""
    check_there(directory, outside)
    return looking(directory, lambda copy: _glance(copy, key, owner))


def verify(directory: Path, key: bytes, owner: str, outside: Path | None = None) -> tuple[Finding, ...]:
    """What is wrong, and would be set right at the next start. OutboxError: it would not open at all."""
    check_there(directory, outside)
    for _ in range(_TRIES):
        findings = _verify(directory, key, owner, outside)
        if all(finding.found is not Found.DATABASE_BEHIND for finding in findings):
            break  # Else a kiosk may have put something while its files were copied.
    return findings


def _verify(directory: Path, key: bytes, owner: str, outside: Path | None) -> tuple[Finding, ...]:
    mark = read_mark_file(outside)  # before the files: a kiosk that runs may write it meanwhile
    with copied(directory) as copy:
        if mark is not None:
            write_mark_file(copy / _OUTSIDE, mark)
        store = Store(copy, key, owner, Backoff(), outside=copy / _OUTSIDE if mark else None)
        try:
            while store.verify_next():
                pass
            damaged = Finding(Found.DATABASE_DAMAGED, 0)
            if damaged in store.findings or store.is_sound:
                return store.findings
            return (*store.findings, damaged)
        finally:
            store.close()


def _glance(copy: Path, key: bytes, owner: str) -> Glance:
    with opened(copy, key, owner) as database:
        return Glance(Rows(database).look(), waiting(database))


def _copy(path: Path, to: Path) -> None:
    try:
        shutil.copyfile(path, to)
    except FileNotFoundError:
        return  # A segment that was done with in the meantime.
