"""The statements on the outbox's tables. The caller holds the transaction."""

import hashlib
from collections.abc import Sequence

from offline_queue.errors import OutboxError, OutboxReason, translated
from offline_queue.item import Counts, Item, ItemState, Look
from offline_queue.outcome import Backoff, Delivered, Outcome, Park, Pause, Quarantine, Retry
from offline_queue.sql import Database, Row
from offline_queue.witness.record import Kept

_SELECT = (
    "SELECT id, stream, kind, content, sequence, state, attempts, reason, receipt, sha256 "
    "FROM item LEFT JOIN payload USING (stream, sequence) WHERE "
)
_UNFINISHED = (
    "SELECT payload.sequence, id, payload.stream, kind, stored, content, sha256 FROM payload "
    "JOIN item USING (stream, sequence) "
    "WHERE payload.sequence BETWEEN ? AND ? AND state <> 1 ORDER BY payload.sequence"
)


class Rows:
    def __init__(self, database: Database) -> None:
        self._database = database

    # --- how far the outbox has come

    def progress(self) -> tuple[int, int]:
        """Transactions put so far, and the highest sequence given."""
        row = self._database.all("SELECT put_count, highest FROM identity")[0]
        return int(row[0]), int(row[1])

    def set_progress(self, put_count: int, highest: int) -> None:
        self._database.change("UPDATE identity SET put_count = ?, highest = ?", put_count, highest)

    # --- the kiosk's state

    def state(self, key: str) -> bytes | None:
        row = self._database.one("SELECT value FROM kiosk_state WHERE key = ?", key)
        return None if row is None else bytes(row[0])

    def whole_state(self) -> dict[str, bytes]:
        return {key: bytes(value) for key, value in self._database.all("SELECT key, value FROM kiosk_state")}

    def state_bytes(self) -> int:
        return self._database.number("SELECT coalesce(sum(length(value)), 0) FROM kiosk_state")

    def set_state(self, key: str, value: bytes | None) -> None:
        if value is None:
            self._database.change("DELETE FROM kiosk_state WHERE key = ?", key)
        else:
            self._database.change("INSERT OR REPLACE INTO kiosk_state VALUES (?, ?)", key, value)

    def clear_state(self) -> None:
        self._database.change("DELETE FROM kiosk_state")

    # --- items

    def insert(self, item: Kept) -> bool:
        """False: it was here before. OutboxError CONFLICT: with other content."""
        digest = digest_of(item.payload)
        fresh = self._database.change(
            "INSERT INTO item (id, stream, sequence, kind, sha256) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO NOTHING",
            item.id,
            item.stream,
            item.sequence,
            item.kind,
            digest,
        )
        if not fresh:
            self._refuse_other_content(item, digest)
            return False
        self._database.change(
            "INSERT INTO payload VALUES (?, ?, ?, ?)", item.sequence, item.stream, item.stored, item.payload
        )
        self._database.change(
            "INSERT INTO stream (name, head, due) VALUES (?, ?, 0) "
            "ON CONFLICT (name) DO UPDATE SET head = excluded.head, due = 0 WHERE head IS NULL",
            item.stream,
            item.sequence,
        )
        return True

    def find(self, where: str, *values: object, content: bool = True) -> Item:
        """LookupError: there is none. Without `content` the payload is not looked at."""
        select = _SELECT if content else _SELECT.replace("content", "NULL")
        row = self._database.one(select + where, *values)
        if row is None:
            raise LookupError(f"the outbox has no item where {where}: {values}")
        return _item(row)

    def of_stream(self, stream: str) -> tuple[Item, ...]:
        return tuple(map(_item, self._database.all(_SELECT + "stream = ? ORDER BY sequence", stream)))

    def unfinished(self, first: int, last: int, most_bytes: int | None = None) -> list[Kept]:
        """What has not been delivered of these sequences, in their order; with `most_bytes` about so much."""
        found: list[Kept] = []
        size = 0
        with translated():
            cursor = self._database.connection.execute(_UNFINISHED, (first, last))
            for number, id_, name, kind, at, payload, digest in cursor:
                found.append(Kept(number, id_, name, kind, at, _intact(payload, digest, id_)))
                size += len(payload)
                if most_bytes is not None and size >= most_bytes:
                    break
            cursor.close()
        return found

    def any_unfinished(self, first: int, last: int) -> bool:
        sql = "SELECT 1 FROM payload WHERE sequence BETWEEN ? AND ? LIMIT 1"
        return self._database.one(sql, first, last) is not None

    def destroy_delivered(self) -> None:
        """Payloads that were delivered while the disk was too full even to destroy them."""
        self._database.change(
            "DELETE FROM payload WHERE EXISTS (SELECT 1 FROM item "
            "WHERE item.stream = payload.stream AND item.sequence = payload.sequence AND state = 1)"
        )

    def old_tombstones(self, before: float, most: int) -> list[tuple[str, int]]:
        """Stream and sequence of what was delivered before then (Unix time)."""
        sql = "SELECT stream, sequence FROM item WHERE state = 1 AND settled < ? LIMIT ?"
        return [(str(stream), int(sequence)) for stream, sequence in self._database.all(sql, before, most)]

    def forget(self, stream: str, sequence: int) -> None:
        """A tombstone; the name of a stream that has nothing left goes with it."""
        self._database.change(
            "DELETE FROM item WHERE stream = ? AND sequence = ? AND state = 1", stream, sequence
        )
        self._database.change(
            "DELETE FROM stream WHERE name = ? AND NOT EXISTS (SELECT 1 FROM item WHERE stream = name)",
            stream,
        )

    def oldest(self) -> float | None:
        """Since when the longest waiting item has been here (Unix time)."""
        row = self._database.one("SELECT stored FROM payload ORDER BY sequence LIMIT 1")
        return None if row is None else float(row[0])

    def last_answer(self) -> str:
        row = self._database.one(
            "SELECT reason FROM stream JOIN item ON item.stream = name AND sequence = head "
            "WHERE reason <> '' ORDER BY head DESC LIMIT 1"
        )
        return "" if row is None else str(row[0])

    def look(self) -> Look:
        return Look(self.counts(), self.oldest(), self.last_answer())

    def counts(self) -> Counts:
        return Counts(*self._database.all("SELECT waiting, delivered, parked, quarantined FROM identity")[0])

    def counts_of(self, stream: str) -> Counts:
        sql = "SELECT state, count(*) FROM item WHERE stream = ? GROUP BY state"
        found: dict[int, int] = dict(self._database.all(sql, stream))
        return Counts(*(found.get(int(state), 0) for state in ItemState))

    # --- streams

    def head(self, when: str, limit: float, passed_over: Sequence[str]) -> Row | None:
        """Name and first sequence of the stream that is due first."""
        others = _others(passed_over)
        return self._database.one(
            f"SELECT name, head FROM stream WHERE due IS NOT NULL AND {when} AND {others} "
            "ORDER BY due, head LIMIT 1",
            limit,
            *passed_over,
        )

    def next_due(self, passed_over: Sequence[str]) -> float | None:
        sql = f"SELECT min(due) FROM stream WHERE due IS NOT NULL AND {_others(passed_over)}"
        row = self._database.one(sql, *passed_over)
        return None if row is None or row[0] is None else float(row[0])

    def is_head(self, item: Item) -> bool:
        sql = "SELECT 1 FROM stream WHERE name = ? AND head = ?"
        return self._database.one(sql, item.stream, item.sequence) is not None

    def seek_head(self, stream: str, after: int = 0) -> None:
        """The first unfinished item of a stream is its head; it may be tried at once, unless refused."""
        row = self._database.one(
            "SELECT sequence, state FROM item WHERE stream = ? AND sequence > ? AND state <> 1 "
            "ORDER BY sequence LIMIT 1",
            stream,
            after,
        )
        head, state = (None, None) if row is None else row
        due = None if state in (None, ItemState.QUARANTINED) else 0.0
        self._database.change(
            "INSERT OR REPLACE INTO stream (name, head, due) VALUES (?, ?, ?)", stream, head, due
        )

    def wake(self, stream: str) -> None:
        """Its head may be tried at once, also if the server had refused it; not what has lost its content."""
        has_content = "sequence IN (SELECT sequence FROM payload)"
        self._database.change(
            "UPDATE item SET state = 0 WHERE state IN (2, 3) AND (stream, sequence) = "
            f"(SELECT name, head FROM stream WHERE name = ?) AND {has_content}",
            stream,
        )
        self.seek_head(stream)

    def heads(self) -> list[tuple[str, int, float | None]]:
        """Each stream that has something unfinished: its name, the first sequence, when that is due."""
        sql = "SELECT name, head, due FROM stream WHERE head IS NOT NULL ORDER BY head"
        return [(name, head, due) for name, head, due in self._database.all(sql)]

    def streams(self) -> list[str]:
        """All that ever had an item that is still known."""
        return [str(stream) for (stream,) in self._database.all("SELECT DISTINCT stream FROM item")]

    # --- outcomes

    def write_outcome(
        self, item: Item, outcome: Outcome, now: float, backoff: Backoff, *, destroy: bool
    ) -> None:
        """`destroy`: the payload of what was delivered."""
        match outcome:
            case Delivered(receipt):
                self._update(item, ItemState.DELIVERED, "receipt = ?, settled = ?", receipt, now)
                if destroy:
                    self._database.change("DELETE FROM payload WHERE sequence = ?", item.sequence)
                self.seek_head(item.stream, after=item.sequence)
            case Retry(reason):
                self._rest(item, now + backoff.retry_s(outcome, item.attempts))
                self._update(item, ItemState.WAITING, "reason = ?", reason)
            case Park(reason):
                self._rest(item, now + backoff.park_s)
                self._update(item, ItemState.PARKED, "reason = ?", reason)
            case Quarantine(reason):
                self._rest(item, None)
                self._update(item, ItemState.QUARANTINED, "reason = ?, settled = ?", reason, now)
            case Pause(reason):
                self._update(item, item.state, "reason = ?", reason)
                self._rest(item, now)  # whoever has not been tried yet comes first

    def _update(self, item: Item, state: ItemState, also: str, *values: object) -> None:
        self._database.change(
            f"UPDATE item SET attempts = attempts + 1, state = ?, {also} WHERE stream = ? AND sequence = ?",
            int(state),
            *values,
            item.stream,
            item.sequence,
        )

    def _rest(self, item: Item, until: float | None) -> None:
        self._database.change("UPDATE stream SET due = ? WHERE name = ?", until, item.stream)

    def _refuse_other_content(self, item: Kept, digest: bytes) -> None:
        known = self._database.one("SELECT stream, kind, sha256 FROM item WHERE id = ?", item.id)
        if known != (item.stream, item.kind, digest):
            raise OutboxError(OutboxReason.CONFLICT, f"item {item.id} was stored before with other content")


def _others(passed_over: Sequence[str]) -> str:
    """A condition that leaves out the streams in flight."""
    return f"name NOT IN ({', '.join('?' * len(passed_over))})"


def _item(row: Row) -> Item:
    item_id, stream, kind, payload, sequence, state, attempts, reason, receipt, digest = row
    content = b"" if payload is None else _intact(payload, digest, item_id)
    return Item(item_id, stream, kind, content, sequence, ItemState(state), attempts, reason, receipt)


def digest_of(payload: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(payload).digest()


def is_intact(payload: bytes, digest: bytes) -> bool:
    """Whether it is what was put."""
    return digest_of(payload) == digest


def _intact(payload: bytes, digest: bytes, item_id: str) -> bytes:
    """Raises OutboxError: SQLCipher takes a page of zeros for an empty one and says nothing."""
    if not is_intact(payload, digest):
        raise OutboxError(OutboxReason.WRONG_KEY_OR_DAMAGED, f"item {item_id} is not what was put")
    return bytes(payload)
