"""A database that cannot be read is made anew: from what it still gives, and from the witness log.

Only ever on request: a wrong key looks like damage until the log has proved that the key is right.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2 as sqlcipher

from offline_queue import files
from offline_queue.aside import end_recovery, name_aside, set_aside
from offline_queue.audit.auditing import KEY_ROTATED, STORE_REBUILT
from offline_queue.audit.chain import Chain
from offline_queue.audit.event import Event, NewEvent
from offline_queue.database import connect, into_one_file, make_empty
from offline_queue.errors import OutboxError, OutboxReason, translated
from offline_queue.item import Counts, Item
from offline_queue.lock import Lock
from offline_queue.reconcile import Reconciler
from offline_queue.repairs import Repairs, generation_of
from offline_queue.sentinel import (
    DATABASE,
    Mark,
    is_blank,
    read_mark,
    read_mark_file,
    write_mark,
    write_mark_file,
)
from offline_queue.snapshot import copied
from offline_queue.sql import Database, Row
from offline_queue.witness.log import Witness

log = logging.getLogger(__name__)

_TABLES = {
    "item": ("stream, sequence", "id, kind, state, attempts, reason, receipt, settled, sha256, lane"),
    "payload": ("sequence", "stream, stored, content"),
    "kiosk_state": ("key", "value"),
    "event": ("number", "at_ms, kind, subject, detail, hash"),
    "sealed_copy": ("sequence", "at, content"),
}


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """`lost`: how many items, at most, neither side has any more, None when nobody knows; `aside`: where the
    old files are."""

    counts: Counts
    lost: int | None
    aside: Path


class Gathered:
    """A new database with everything that could be found, not yet in any outbox's place."""

    def __init__(self, database: Database, chain: Chain, lost: int, *, from_nothing: bool) -> None:
        """`from_nothing`: there was no file to gather from."""
        self._database, self._chain = database, chain
        self._rows = Repairs(database)
        self.lost, self.from_nothing = lost, from_nothing
        self.counts = self._rows.counts()
        self.highest = self._rows.progress()[1]
        self.generation = generation_of(self._rows)

    def items(self) -> Iterator[Item]:
        for stream in self._rows.streams():
            yield from self._rows.of_stream(stream)

    def events(self) -> list[Event]:
        return self._chain.all()

    def tell(self, event: NewEvent) -> None:
        with self._database.transaction():
            self._chain.append([event], time.time())

    def begin_log(self, witness: Witness) -> None:
        Reconciler(self._database, self._rows, witness, self._chain).begin_log()
        witness.close()

    def finish(self) -> None:
        """As `into_one_file`."""
        with self._database.guarded():
            into_one_file(self._database.connection)

    def close(self) -> None:
        self._database.close()


def rebuild(
    directory: Path, key: bytes, owner: str, *, accept_loss: bool = False, outside: Path | None = None
) -> Rebuilt:
    """Makes a new database in place of a damaged or lost one; the old files are put aside, not deleted.

    `outside`: the second mark; also of an empty folder it knows how much was lost.

    OutboxError: WRONG_KEY_OR_DAMAGED when nothing here can be read with this key, BUSY, MISSING when items
    are lost, or SWAPPED when this is another outbox than the one that was here (unless that is accepted),
    NOT_OURS (another kiosk's), DISK_FULL, IO_FAILED. Nothing is lost then: once more, it goes on from there,
    as after a kill.
    """
    lock = Lock(directory)
    try:
        with translated():
            return _rebuild(directory, key, owner, outside, accept_loss=accept_loss)
    finally:
        lock.release()


def _rebuild(directory: Path, key: bytes, owner: str, outside: Path | None, *, accept_loss: bool) -> Rebuilt:
    mark = read_mark_file(outside)
    end_recovery(directory)
    temporary = files.write_temporary(directory / DATABASE, b"")
    try:
        with copied(directory) as copy:
            _refuse_anothers(copy, key, owner, mark)
            was_here = outside is not None and outside.exists()
            found = _gather(copy, key, owner, temporary, mark=mark, was_here=was_here)
        try:
            lost = _lost(found, mark, accept_loss=accept_loss)
            found.tell(NewEvent(STORE_REBUILT, "", {"lost": "unknown" if lost is None else lost}))
            found.finish()
        finally:
            found.close()
        set_aside(directory)
        files.publish(temporary, directory / DATABASE)
        aside = name_aside(directory)
        _write_marks(directory, outside, Mark(owner, found.highest, found.generation))
    finally:
        for leftover in directory.glob(f"{temporary.name}*"):
            leftover.unlink()
    log.warning("the outbox was made anew, the old files are in %s", aside)
    return Rebuilt(found.counts, lost, aside)


def _refuse_anothers(directory: Path, key: bytes, owner: str, outside: Mark | None) -> None:
    """Whatever is accepted: under another name, nothing of its audit chain would hold any more.

    OutboxError NOT_OURS: a mark or the database says so, or where none can be read, the log.
    """
    known = {mark.owner for mark in (outside, read_mark(directory)) if mark}
    known |= {str(name) for (name,) in _rows_of(directory / DATABASE, key, "SELECT owner FROM identity")}
    if not known:
        witness = Witness(directory, key, owner)
        known = {begin.owner for begin in map(witness.begin_of, witness.numbers) if begin}
    if others := known - {owner}:
        raise OutboxError(OutboxReason.NOT_OURS, f"the outbox belongs to {sorted(others)}, not to {owner}")


def _lost(found: Gathered, mark: Mark | None, *, accept_loss: bool) -> int | None:
    """As in `Rebuilt`. OutboxError: it would have to be accepted."""
    is_other = mark is not None and found.generation not in ("", mark.generation)
    if is_other and not accept_loss:
        raise OutboxError(OutboxReason.SWAPPED, "what is here is not the outbox that was in use")
    if mark is None and found.from_nothing and not found.lost:
        if not accept_loss:
            raise OutboxError(OutboxReason.MISSING, "nothing is left, and nobody knows of how many items")
        return None
    if found.lost and not accept_loss:
        detail = f"up to {found.lost} items are neither in the database nor in the log"
        raise OutboxError(OutboxReason.MISSING, detail)
    # Of another outbox the numbers say nothing: all that were in the one that was in use are away.
    return max(found.lost, mark.sequence) if mark is not None and is_other else found.lost


@contextmanager
def gathered(directory: Path, key: bytes, work: Path) -> Iterator[Gathered]:
    """Everything that can be read in `directory` with this key, in a database in the empty folder `work`.

    OutboxError: WRONG_KEY_OR_DAMAGED when that is nothing.
    """
    with translated():
        (work / DATABASE).touch(mode=0o600)
        found = _gather(directory, key, "", work / DATABASE)
    try:
        yield found
    finally:
        found.close()


def _write_marks(directory: Path, outside: Path | None, mark: Mark) -> None:
    """What was accepted is what counts from now on."""
    write_mark(directory, mark)
    if outside is not None:
        write_mark_file(outside, mark)


def write_anew(directory: Path, key: bytes, owner: str, to: Path, new_key: bytes) -> None:
    """The whole outbox in the empty folder `to`, with another key. The old one must not change meanwhile."""
    with copied(directory) as copy:
        files.publish(files.write_temporary(to / DATABASE, b""), to / DATABASE)
        found = _gather(copy, key, owner, to / DATABASE, new_key)
    try:
        if found.lost:
            raise OutboxError(
                OutboxReason.MISSING, f"up to {found.lost} items are missing: nothing is changed"
            )
        found.tell(NewEvent(KEY_ROTATED))
        found.begin_log(Witness(to, new_key, owner))
        write_mark(to, Mark(owner, found.highest))
    finally:
        found.close()


def _gather(
    directory: Path,
    key: bytes,
    owner: str,
    to: Path,
    new_key: bytes | None = None,
    mark: Mark | None = None,
    *,
    was_here: bool = False,
) -> Gathered:
    """From a copy: to read it changes it. `new_key`: of what is made, the same without. `mark`: the outside
    one. `was_here`: an outbox was, so that empty files are a loss, not a wrong key."""
    new_key = new_key or key
    make_empty(to, new_key, owner)
    database = Database(connect(to, new_key))
    try:
        rows = Repairs(database)
        from_nothing = was_here and is_blank(directory)
        salvaged = _salvage(directory / DATABASE, key, database)
        with database.transaction():
            rows.mend_items()
        chain = Chain(database, owner)
        reconciler = Reconciler(database, rows, Witness(directory, key, owner), chain)
        if not reconciler.replay_all() and not salvaged and not from_nothing:
            raise OutboxError(OutboxReason.WRONG_KEY_OR_DAMAGED, "nothing can be read with this key")
        with database.transaction():
            lost = reconciler.possibly_lost() + _skip_lost(rows, read_mark(directory), mark)
            rows.mend_streams()
        return Gathered(database, chain, lost, from_nothing=from_nothing)
    except BaseException:
        database.close()
        raise


def _skip_lost(rows: Repairs, *marks: Mark | None) -> int:
    """How many items a mark knew of after the last one found. Their numbers are not given again."""
    put_count, highest = rows.progress()
    lost = max([0, *(mark.sequence - highest for mark in marks if mark)])
    rows.set_progress(put_count, highest + lost)
    return lost


def _salvage(old: Path, key: bytes, new: Database) -> int:
    """Copies what can be read. Returns the number of rows."""
    copied = 0
    for table, (order, others) in _TABLES.items():
        columns = _present(old, key, table, f"{order}, {others}")
        marks = ", ".join("?" * len(columns.split(",")))
        insert = f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})"
        with new.transaction():
            for way in ("ASC", "DESC"):
                copied += sum(new.change(insert, *row) for row in _walk(old, key, table, columns, order, way))
    return copied


def _present(old: Path, key: bytes, table: str, columns: str) -> str:
    """Those of the columns that the old database has: one of an earlier schema has fewer."""
    known = {str(name) for (name,) in _rows_of(old, key, f"SELECT name FROM pragma_table_info('{table}')")}
    return ", ".join(column for column in columns.split(", ") if not known or column in known)


def _walk(old: Path, key: bytes, table: str, columns: str, order: str, way: str) -> Iterator[Row]:
    """From one end as far as it goes."""
    ordered = ", ".join(f"{column} {way}" for column in order.split(", "))
    return _rows_of(old, key, f"SELECT {columns} FROM {table} ORDER BY {ordered}")


def _rows_of(old: Path, key: bytes, sql: str) -> Iterator[Row]:
    """On a connection of their own: one that has met a bad page gives nothing any more."""
    if not old.exists() or old.stat().st_size == 0:
        return
    try:
        with translated():
            connection: Any = connect(old, key)
            try:
                yield from connection.execute(sql)
            finally:
                connection.close()
    except sqlcipher.OperationalError as error:  # it is of an earlier schema
        log.warning("the database has no such rows: %s", error)
    except OutboxError as error:
        if error.reason is not OutboxReason.WRONG_KEY_OR_DAMAGED:
            raise
        log.warning("the damaged database gives no more rows to %s: %s", sql, error)
