"""The outbox as tables: every method is one transaction, durable when it returns. One thread only."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from offline_queue import files
from offline_queue.ballast import Ballast
from offline_queue.database import highest_sequence, open_database
from offline_queue.errors import OutboxError, OutboxReason, translated
from offline_queue.item import Counts, Item, ItemState, NewItem
from offline_queue.outcome import Backoff, Delivered, Outcome, Park, Pause, Quarantine, Retry
from offline_queue.room import Room
from offline_queue.sentinel import Mark, write_mark
from offline_queue.sql import Database, Row

log = logging.getLogger(__name__)

MARK_EVERY = 64
_SELECT = (
    "SELECT id, stream, kind, content, sequence, state, attempts, reason, receipt "
    "FROM item LEFT JOIN payload USING (sequence) WHERE "
)


class Store:
    def __init__(self, directory: Path, key: bytes, owner: str, backoff: Backoff) -> None:
        """Opens or creates (see `open_database` for the errors)."""
        self._directory = directory
        self._owner = owner
        self._backoff = backoff
        self._in_flight: set[str] = set()
        self._marked = -1
        with translated():
            ballast = Ballast(directory)
        self._database = Database(self._open(key, ballast))
        self._room = Room(directory, self._database, ballast)
        try:
            self._begin()
        except BaseException:
            self._database.close()
            raise

    def _begin(self) -> None:
        self._highest = highest_sequence(self._database.connection)
        self._counts = self._count("")
        with translated():
            files.sweep(self._directory, "outbox")
        self.raise_mark()
        try:
            self._destroy_left_over()
            self._room.reclaim()
        except OutboxError as error:
            if error.reason is not OutboxReason.DISK_FULL:
                raise
            log.warning("the disk is full: what waits can be delivered, nothing new can be stored")

    def put(self, items: Sequence[NewItem], state: Mapping[str, bytes | None]) -> None:
        size = sum(len(item.payload) for item in items) + sum(len(value or b"") for value in state.values())
        self._make_sure_of_room(size)
        try:
            with self._database.transaction():
                highest = self._highest
                for item in items:
                    highest += self._insert(item, highest + 1)
                for key, value in state.items():
                    self._set_state(key, value)
        except OutboxError as error:
            if error.reason is OutboxReason.DISK_FULL:
                self._room.checkpoint()
            raise
        self._counts[ItemState.WAITING] += highest - self._highest
        self._highest = highest  # Only now: a mark that leads would make a sound database look robbed.

    def get_state(self, key: str) -> bytes | None:
        row = self._database.one("SELECT value FROM kiosk_state WHERE key = ?", key)
        return None if row is None else bytes(row[0])

    def claim(self, now: float) -> Item | None:
        """The item is in flight, and its stream is passed over, until `settle` or `release`."""
        # A due time further ahead than any rest can be comes from a clock that was set back since.
        head = self._head("due <= ?", now) or self._head("due > ?", now + 2 * self._backoff.longest_s)
        if head is None:
            return None
        item = self._item("(stream, sequence) = (?, ?)", *head)
        self._in_flight.add(item.stream)
        return item

    def release(self, item_id: str) -> None:
        """The attempt was given up without an outcome."""
        self._in_flight.discard(self._item("id = ?", item_id).stream)

    def release_all(self) -> None:
        self._in_flight.clear()

    def settle(self, item_id: str, outcome: Outcome, now: float) -> None:
        """A delivered item stays delivered, whatever a late second outcome says.

        LookupError: unknown id, or an item whose turn has not come.
        """
        item = self._item("id = ?", item_id)
        if item.state is not ItemState.DELIVERED:
            self._refuse_out_of_turn(item)
            self._settle_in_any_case(item, outcome, now)
        self._in_flight.discard(item.stream)

    def next_due(self) -> float | None:
        others, names = self._others()
        row = self._database.one(f"SELECT min(due) FROM stream WHERE due IS NOT NULL AND {others}", *names)
        return None if row is None or row[0] is None else float(row[0])

    def counts(self, stream: str | None) -> Counts:
        found = self._counts if stream is None else self._count("WHERE stream = ?", stream)
        return Counts(*(found[state] for state in ItemState))

    def items(self, stream: str) -> tuple[Item, ...]:
        rows = self._database.all(_SELECT + "stream = ? ORDER BY sequence", stream)
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
        self._database.close()

    def _open(self, key: bytes, ballast: Ballast) -> object:
        """Opening may have to write (a migration, the end of a recovery): on a full disk from the reserve."""
        try:
            return open_database(self._directory, key, self._owner)
        except OutboxError as error:
            if error.reason is not OutboxReason.DISK_FULL or not ballast.held:
                raise
        with translated():
            ballast.release()
        return open_database(self._directory, key, self._owner)

    def _count(self, where: str, *values: object) -> dict[ItemState, int]:
        found: dict[int, int] = dict(
            self._database.all(f"SELECT state, count(*) FROM item {where} GROUP BY state", *values)
        )
        return {state: found.get(int(state), 0) for state in ItemState}

    # --- putting

    def _insert(self, item: NewItem, sequence: int) -> bool:
        """False: it was here before."""
        digest = hashlib.sha256(item.payload).digest()
        fresh = self._database.change(
            "INSERT INTO item (id, stream, sequence, kind, sha256) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO NOTHING",
            item.id,
            item.stream,
            sequence,
            item.kind,
            digest,
        )
        if not fresh:
            self._refuse_other_content(item, digest)
            return False
        self._database.change("INSERT INTO payload VALUES (?, ?)", sequence, item.payload)
        self._database.change(
            "INSERT INTO stream (name, head, due) VALUES (?, ?, 0) "
            "ON CONFLICT (name) DO UPDATE SET head = excluded.head, due = 0 WHERE head IS NULL",
            item.stream,
            sequence,
        )
        return True

    def _refuse_other_content(self, item: NewItem, digest: bytes) -> None:
        known = self._database.one("SELECT stream, kind, sha256 FROM item WHERE id = ?", item.id)
        if known != (item.stream, item.kind, digest):
            raise OutboxError(OutboxReason.CONFLICT, f"item {item.id} was stored before with other content")

    def _set_state(self, key: str, value: bytes | None) -> None:
        if value is None:
            self._database.change("DELETE FROM kiosk_state WHERE key = ?", key)
        else:
            self._database.change("INSERT OR REPLACE INTO kiosk_state VALUES (?, ?)", key, value)

    # --- claiming

    def _head(self, when: str, limit: float) -> Row | None:
        others, names = self._others()
        return self._database.one(
            f"SELECT name, head FROM stream WHERE due IS NOT NULL AND {when} AND {others} "
            "ORDER BY due, head LIMIT 1",
            limit,
            *names,
        )

    def _others(self) -> tuple[str, list[str]]:
        """A condition that leaves out the streams in flight, and its values."""
        names = sorted(self._in_flight)
        return f"name NOT IN ({', '.join('?' * len(names))})", names

    # --- settling

    def _refuse_out_of_turn(self, item: Item) -> None:
        first = "SELECT 1 FROM stream WHERE name = ? AND head = ?"
        if self._database.one(first, item.stream, item.sequence) is None:
            raise LookupError(f"item {item.id} is not the first of its stream")

    def _settle_in_any_case(self, item: Item, outcome: Outcome, now: float) -> None:
        """On a full disk the reserve pays; should even that be too little, the payload is destroyed later."""
        for attempt in ("plain", "reserve", "keep payload"):
            try:
                with self._database.transaction():
                    state = self._write_outcome(item, outcome, now, destroy=attempt != "keep payload")
                self._counts[item.state] -= 1
                self._counts[state] += 1
                return
            except OutboxError as error:
                if error.reason is not OutboxReason.DISK_FULL or attempt == "keep payload":
                    raise
                self._room.release()

    def _write_outcome(self, item: Item, outcome: Outcome, now: float, *, destroy: bool) -> ItemState:
        """Returns the item's new state."""
        match outcome:
            case Delivered(receipt):
                if destroy:
                    self._database.change("DELETE FROM payload WHERE sequence = ?", item.sequence)
                self._advance(item)
                return self._update(item, ItemState.DELIVERED, "receipt = ?, settled = ?", receipt, now)
            case Retry(reason):
                self._rest(item, now + self._backoff.retry_s(outcome, item.attempts))
                return self._update(item, ItemState.WAITING, "reason = ?", reason)
            case Park(reason):
                self._rest(item, now + self._backoff.park_s)
                return self._update(item, ItemState.PARKED, "reason = ?", reason)
            case Quarantine(reason):
                self._rest(item, None)
                return self._update(item, ItemState.QUARANTINED, "reason = ?, settled = ?", reason, now)
            case Pause(reason):
                return self._update(item, item.state, "reason = ?", reason)

    def _update(self, item: Item, state: ItemState, also: str, *values: object) -> ItemState:
        self._database.change(
            f"UPDATE item SET attempts = attempts + 1, state = ?, {also} WHERE stream = ? AND sequence = ?",
            int(state),
            *values,
            item.stream,
            item.sequence,
        )
        return state

    def _rest(self, item: Item, until: float | None) -> None:
        self._database.change("UPDATE stream SET due = ? WHERE name = ?", until, item.stream)

    def _advance(self, item: Item) -> None:
        row = self._database.one(
            "SELECT sequence FROM item WHERE stream = ? AND sequence > ? AND state = 0 "
            "ORDER BY sequence LIMIT 1",
            item.stream,
            item.sequence,
        )
        head, due = (None, None) if row is None else (row[0], 0.0)
        self._database.change("UPDATE stream SET head = ?, due = ? WHERE name = ?", head, due, item.stream)

    # --- room on the disk

    def _make_sure_of_room(self, size: int) -> None:
        if self._room.enough_for(size):
            return
        self._destroy_left_over()
        self._room.reclaim()
        if not self._room.enough_for(size):
            raise OutboxError(OutboxReason.DISK_FULL, f"no room on the disk for {size} bytes more")

    def _destroy_left_over(self) -> None:
        """Payloads that were delivered while the disk was too full even to destroy them."""
        with self._database.transaction():
            self._database.change(
                "DELETE FROM payload WHERE sequence IN (SELECT sequence FROM item WHERE state = 1)"
            )

    def _item(self, where: str, *values: object) -> Item:
        row = self._database.one(_SELECT + where, *values)
        if row is None:
            raise LookupError(f"the outbox has no item where {where}: {values}")
        return _item(row)


def _item(row: Row) -> Item:
    item_id, stream, kind, payload, sequence, state, attempts, reason, receipt = row
    content = b"" if payload is None else bytes(payload)
    return Item(item_id, stream, kind, content, sequence, ItemState(state), attempts, reason, receipt)
