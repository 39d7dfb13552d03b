"""Looking at an outbox without touching it, also while a kiosk has it open: on a copy of its files.

A copy that is made while the kiosk writes may be torn: it is made again.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from offline_queue.aside import FILES
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
    Mark,
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
        for together in _in_turn(directory):
            _copy_together(together, folder)
        yield folder


def _in_turn(directory: Path) -> Iterator[list[Path]]:
    """The mark first, which may lag and never lead; then the database, also one that a `recover` cut short
    has set aside; the log last, and looked for then: what it has more than the database can be put into it,
    not the other way round."""
    yield [directory / SENTINEL]
    places = [directory] if (directory / DATABASE).exists() else [directory / RECOVERING, directory]
    yield [place / name for name in FILES for place in places if (place / name).exists()]
    yield [path for path in directory.glob("outbox.*") if _is_of_the_log(path)]


def _is_of_the_log(path: Path) -> bool:
    """And what else there is, but for the reserve and what is half made."""
    before = path.name == SENTINEL or path.name.startswith(DATABASE)
    return path.is_file() and not before and not path.name.endswith((".ballast", ".new", ".lock"))


def _copy_together(paths: list[Path], to: Path) -> None:
    """Again when the database was written into meanwhile: what went there out of the write-ahead log would be
    in neither copy, or in a half."""
    for _ in range(_TRIES):
        before = _written(paths)
        for path in paths:
            _copy(path, to / path.name)
        if _written(paths) == before:
            break


def _written(paths: list[Path]) -> list[tuple[int, int]]:
    """When the database was, and its size."""
    found = [path.stat() for path in paths if path.name == DATABASE]
    return [(status.st_mtime_ns, status.st_size) for status in found]


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
    mark = read_mark_file(outside)  # before the files: a kiosk that runs may write it meanwhile
    for _ in range(_TRIES):
        findings = looking(directory, lambda copy: _verify(copy, key, owner, mark))
        if not {finding.found for finding in findings} - {Found.SENTINEL_GONE}:
            break  # Else a kiosk may have written while its files were copied; what is wrong is found again.
    return findings


def _verify(copy: Path, key: bytes, owner: str, mark: Mark | None) -> tuple[Finding, ...]:
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
        to.unlink(missing_ok=True)  # A segment that was done with in the meantime.
