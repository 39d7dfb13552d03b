"""The outbox as tables: every method is one transaction, durable when it returns. One thread only."""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from offline_queue import files
from offline_queue.ballast import Ballast
from offline_queue.database import highest_sequence, open_database
from offline_queue.errors import OutboxError, OutboxReason, translated
from offline_queue.item import Counts, Item, ItemState, NewItem
from offline_queue.outcome import Backoff, Delivered, Outcome, Park, Pause, Quarantine, Retry
from offline_queue.sentinel import Mark, write_mark

log = logging.getLogger(__name__)

MARK_EVERY = 64
_COLUMNS = "id, stream, kind, payload, sequence, state, attempts, reason, receipt"


class Store:
    def __init__(self, directory: Path, key: bytes, owner: str, backoff: Backoff) -> None:
        """Opens or creates (see `open_database` for the errors)."""
        self._directory = directory
        self._owner = owner
        self._backoff = backoff
        self._in_flight: set[str] = set()
        self._connection = open_database(directory, key, owner)
        self._highest = highest_sequence(self._connection)
        self._marked = -1
        with translated():
            files.sweep(directory, "outbox")
            self._ballast = Ballast(directory)
        self.raise_mark()
        if self._ballast.hold():
            self._destroy_left_over()

    def put(self, items: Sequence[NewItem], state: Mapping[str, bytes | None]) -> None:
        # While the reserve is released, the room it left is for settling: new items must not eat it.
        if not self._ballast.held:
            self._take_reserve_back()
        try:
            with self._transaction():
                for item in items:
                    self._insert(item)
                highest = highest_sequence(self._connection) if items else self._highest
                for key, value in state.items():
                    self._set_state(key, value)
        except OutboxError as error:
            if error.reason is OutboxReason.DISK_FULL:
                self._checkpoint()  # The half-written transaction must not keep the last room on the disk.
            raise
        self._highest = highest  # Only now: a mark that leads would make a sound database look robbed.

    def get_state(self, key: str) -> bytes | None:
        row = self._one("SELECT value FROM kiosk_state WHERE key = ?", key)
        return None if row is None else bytes(row[0])

    def claim(self, now: float) -> Item | None:
        """The item is in flight, and its stream is passed over, until `settle` or `release`."""
        # A due time further ahead than any rest can be comes from a clock that was set back since.
        head = self._head("due <= ?", now) or self._head("due > ?", now + 2 * self._backoff.longest_s)
        if head is None:
            return None
        item = self._item("sequence", head)
        self._in_flight.add(item.stream)
        return item

    def release(self, item_id: str) -> None:
        """The attempt was given up without an outcome."""
        self._in_flight.discard(self._item("id", item_id).stream)

    def release_all(self) -> None:
        self._in_flight.clear()

    def settle(self, item_id: str, outcome: Outcome, now: float) -> None:
        """A delivered item stays delivered, whatever a late second outcome says.

        LookupError: unknown id, or an item whose turn has not come.
        """
        item = self._item("id", item_id)
        if item.state is not ItemState.DELIVERED:
            if (
                self._one("SELECT 1 FROM stream WHERE head = ? AND name = ?", item.sequence, item.stream)
                is None
            ):
                raise LookupError(f"item {item_id} is not the first of its stream")
            self._settle_in_any_case(item, outcome, now)
        self._in_flight.discard(item.stream)

    def next_due(self) -> float | None:
        others, names = self._others()
        row = self._one(f"SELECT min(due) FROM stream WHERE due IS NOT NULL AND {others}", *names)
        return None if row is None or row[0] is None else float(row[0])

    def counts(self, stream: str | None) -> Counts:
        where, values = ("", ()) if stream is None else ("WHERE stream = ?", (stream,))
        found = dict(self._all(f"SELECT state, count(*) FROM item {where} GROUP BY state", *values))
        return Counts(*(int(found.get(int(state), 0)) for state in ItemState))

    def items(self, stream: str) -> tuple[Item, ...]:
        rows = self._all(f"SELECT {_COLUMNS} FROM item WHERE stream = ? ORDER BY sequence", stream)
        return tuple(_item(row) for row in rows)

    @property
    def mark_lags(self) -> bool:
        return self._highest - self._marked >= MARK_EVERY

    def raise_mark(self) -> None:
        """Brings the sentinel up to date; a lower bound, so a failure is logged and tried again later."""
        if self._marked == self._highest:
            return
        try:
            write_mark(self._directory, Mark(self._owner, self._highest))
        except OutboxError as error:
            log.warning("the outbox's sentinel could not be written: %s", error)
        else:
            self._marked = self._highest

    def close(self) -> None:
        self.raise_mark()
        with translated():
            self._connection.close()

    # --- putting

    def _insert(self, item: NewItem) -> None:
        digest = hashlib.sha256(item.payload).digest()
        cursor = self._connection.execute(
            "INSERT INTO item (id, stream, kind, payload, sha256) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO NOTHING",
            (item.id, item.stream, item.kind, item.payload, digest),
        )
        if cursor.rowcount == 0:
            self._refuse_other_content(item, digest)
            return
        self._connection.execute(
            "INSERT INTO stream (name, head, due) VALUES (?, ?, 0) "
            "ON CONFLICT (name) DO UPDATE SET head = excluded.head, due = 0 WHERE head IS NULL",
            (item.stream, cursor.lastrowid),
        )

    def _refuse_other_content(self, item: NewItem, digest: bytes) -> None:
        known = self._one("SELECT stream, kind, sha256 FROM item WHERE id = ?", item.id)
        if known != (item.stream, item.kind, digest):
            raise OutboxError(OutboxReason.CONFLICT, f"item {item.id} was stored before with other content")

    def _set_state(self, key: str, value: bytes | None) -> None:
        if value is None:
            self._connection.execute("DELETE FROM kiosk_state WHERE key = ?", (key,))
        else:
            self._connection.execute("INSERT OR REPLACE INTO kiosk_state VALUES (?, ?)", (key, value))

    # --- claiming

    def _head(self, when: str, limit: float) -> int | None:
        others, names = self._others()
        row = self._one(
            f"SELECT head FROM stream WHERE due IS NOT NULL AND {when} AND {others} "
            "ORDER BY due, head LIMIT 1",
            limit,
            *names,
        )
        return None if row is None else int(row[0])

    def _others(self) -> tuple[str, list[str]]:
        """A condition that leaves out the streams in flight, and its values."""
        names = sorted(self._in_flight)
        return f"name NOT IN ({', '.join('?' * len(names))})", names

    # --- settling

    def _settle_in_any_case(self, item: Item, outcome: Outcome, now: float) -> None:
        """On a full disk the reserve pays; should even that be too little, the payload is destroyed later."""
        for attempt in ("plain", "reserve", "keep payload"):
            try:
                with self._transaction():
                    self._write_outcome(item, outcome, now, destroy=attempt != "keep payload")
                return
            except OutboxError as error:
                if error.reason is not OutboxReason.DISK_FULL or attempt == "keep payload":
                    raise
                self._make_room()

    def _write_outcome(self, item: Item, outcome: Outcome, now: float, *, destroy: bool) -> None:
        match outcome:
            case Delivered(receipt):
                payload = "NULL" if destroy else "payload"
                self._update(
                    item, ItemState.DELIVERED, f"receipt = ?, settled = ?, payload = {payload}", receipt, now
                )
                self._advance(item)
            case Retry(reason):
                self._update(item, ItemState.WAITING, "reason = ?", reason)
                self._rest(item, now + self._backoff.retry_s(outcome, item.attempts))
            case Park(reason):
                self._update(item, ItemState.PARKED, "reason = ?", reason)
                self._rest(item, now + self._backoff.park_s)
            case Quarantine(reason):
                self._update(item, ItemState.QUARANTINED, "reason = ?, settled = ?", reason, now)
                self._rest(item, None)
            case Pause(reason):
                self._update(item, item.state, "reason = ?", reason)

    def _update(self, item: Item, state: ItemState, also: str, *values: object) -> None:
        self._connection.execute(
            f"UPDATE item SET attempts = attempts + 1, state = ?, {also} WHERE sequence = ?",
            (int(state), *values, item.sequence),
        )

    def _rest(self, item: Item, until: float | None) -> None:
        self._connection.execute(
            "UPDATE stream SET due = ? WHERE head = ? AND name = ?", (until, item.sequence, item.stream)
        )

    def _advance(self, item: Item) -> None:
        row = self._one("SELECT min(sequence) FROM item WHERE stream = ? AND state = 0", item.stream)
        head = None if row is None else row[0]
        due = None if head is None else 0.0
        self._connection.execute(
            "UPDATE stream SET head = ?, due = ? WHERE name = ?", (head, due, item.stream)
        )

    # --- room on the disk

    def _make_room(self) -> None:
        with translated():
            self._ballast.release()
        self._checkpoint()

    def _take_reserve_back(self) -> None:
        self._destroy_left_over()
        with translated():
            self._connection.execute("PRAGMA incremental_vacuum").fetchall()
        self._checkpoint()
        if not self._ballast.hold():
            raise OutboxError(OutboxReason.DISK_FULL, "the disk has no room for the outbox's reserve")

    def _destroy_left_over(self) -> None:
        with self._transaction():
            self._connection.execute("UPDATE item SET payload = NULL WHERE state = 1 AND payload IS NOT NULL")

    def _checkpoint(self) -> None:
        """Empties the write-ahead log into the database; on a full disk as far as it goes."""
        try:
            self._all("PRAGMA wal_checkpoint(TRUNCATE)")
        except OutboxError as error:
            if error.reason is not OutboxReason.DISK_FULL:
                raise
            log.warning("the write-ahead log could not be emptied: %s", error)

    # --- SQL

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with translated():
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def _item(self, column: str, value: object) -> Item:
        row = self._one(f"SELECT {_COLUMNS} FROM item WHERE {column} = ?", value)
        if row is None:
            raise LookupError(f"the outbox has no item with {column} {value}")
        return _item(row)

    def _one(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        rows = self._all(sql, *values)
        return rows[0] if rows else None

    def _all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with translated():
            rows: list[tuple[Any, ...]] = self._connection.execute(sql, values).fetchall()
            return rows


def _item(row: tuple[Any, ...]) -> Item:
    item_id, stream, kind, payload, sequence, state, attempts, reason, receipt = row
    content = b"" if payload is None else bytes(payload)
    return Item(item_id, stream, kind, content, sequence, ItemState(state), attempts, reason, receipt)
