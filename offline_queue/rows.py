"""The statements on the outbox's tables. The caller holds the transaction."""

import hashlib

from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.item import Counts, Item, ItemState, Lane, Look
from offline_queue.outcome import Backoff, Delivered, Outcome, Park, Pause, Quarantine, Retry
from offline_queue.sql import Row
from offline_queue.streams import Streams
from offline_queue.witness.record import Kept

_SELECT = (
    "SELECT id, stream, kind, content, sequence, state, attempts, reason, receipt, sha256 "
    "FROM item LEFT JOIN payload USING (stream, sequence) WHERE "
)
_UNFINISHED = (
    "SELECT payload.sequence, id, payload.stream, kind, stored, content, lane, sha256 FROM payload "
    "JOIN item USING (stream, sequence) "
    "WHERE payload.sequence BETWEEN ? AND ? AND state <> 1 ORDER BY payload.sequence"
)


class Rows(Streams):
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
        """Without what the outbox keeps there for itself."""
        own = "substr(key, 1, 7) = 'outbox_'"
        return self._database.number(
            f"SELECT coalesce(sum(length(value)), 0) FROM kiosk_state WHERE NOT {own}"
        )

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
            "INSERT INTO item (id, stream, sequence, kind, sha256, lane) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO NOTHING",
            item.id,
            item.stream,
            item.sequence,
            item.kind,
            digest,
            int(item.lane),
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
        if item.lane is Lane.QUICK:
            self.wake_for(item.stream, item.sequence)
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
        with self._database.guarded():
            cursor = self._database.connection.execute(_UNFINISHED, (first, last))
            for number, id_, name, kind, at, payload, lane, digest in cursor:
                found.append(Kept(number, id_, name, kind, at, _intact(payload, digest, id_), Lane(lane)))
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
            "SELECT reason FROM item WHERE reason <> '' AND state <> 1 ORDER BY sequence DESC LIMIT 1"
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
                self.step_past(item)
            case Retry(reason):
                self._update(item, ItemState.WAITING, "reason = ?", reason)
                rest_s = 0.0 if self.is_overtaken(item) else backoff.retry_s(outcome, item.attempts)
                self.rest(item.stream, now + rest_s)
            case Park(reason):
                self.rest(item.stream, now + backoff.park_s)
                self._update(item, ItemState.PARKED, "reason = ?", reason)
            case Quarantine(reason):
                self.rest(item.stream, None if self.is_head(item) else now)  # what it overtook goes on
                self._update(item, ItemState.QUARANTINED, "reason = ?, settled = ?", reason, now)
            case Pause(reason):
                self._update(item, item.state, "reason = ?", reason)
                self.rest(item.stream, now)  # whoever has not been tried yet comes first

    def _update(self, item: Item, state: ItemState, also: str, *values: object) -> None:
        self._database.change(
            f"UPDATE item SET attempts = attempts + 1, state = ?, {also} WHERE stream = ? AND sequence = ?",
            int(state),
            *values,
            item.stream,
            item.sequence,
        )

    def _refuse_other_content(self, item: Kept, digest: bytes) -> None:
        known = self._database.one("SELECT stream, kind, sha256 FROM item WHERE id = ?", item.id)
        if known != (item.stream, item.kind, digest):
            raise OutboxError(OutboxReason.CONFLICT, f"item {item.id} was stored before with other content")


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
