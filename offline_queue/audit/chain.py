"""The chain's rows. The caller holds the transaction."""

from collections.abc import Iterable, Sequence

from offline_queue.audit.event import Event, NewEvent, bound, first_hash
from offline_queue.keeping import USUAL
from offline_queue.sql import Database, Row

_COLUMNS = "number, at_ms, kind, subject, detail, hash"
_INSERT = f"INSERT INTO event ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"
_THROUGH = "json_extract(detail, '$.through')"
_IS_CHECKPOINT = "kind = 'checkpoint' AND json_valid(detail) AND json_type(detail, '$.through') = 'integer'"
_PRUNED_AT_ONCE = 8
_FAR = 2**62


class Chain:
    def __init__(self, database: Database, owner: str, keep_s: float = USUAL.events_s) -> None:
        """`keep_s`: for how long events are kept."""
        self._database, self.owner, self._keep_s = database, owner, keep_s

    def append(self, events: Sequence[NewEvent], now: float) -> list[Event]:
        """`now`: Unix time in seconds."""
        last = self._one("ORDER BY number DESC LIMIT 1") if events else None
        number, before = (last.number, last.hash) if last else (0, first_hash(self.owner))
        made: list[Event] = []
        for new in events:
            made.append(bound(before, number + 1 + len(made), round(now * 1000), new))
            before = made[-1].hash
        for event in made:
            self._insert(event)
        return made

    def unsigned(self, most: int = -1) -> list[Event]:
        """What no checkpoint vouches for yet, in its order; without `most` all of it."""
        return self._some("WHERE number > ? ORDER BY number LIMIT ?", self._signed_through(), most)

    def all(self) -> list[Event]:
        return self._some("ORDER BY number")

    def put_back(self, events: Iterable[Event], *, newer: bool) -> None:
        """What a record of the log knows and the database may not. What retention has removed stays away.

        `newer`: the record is, so where the two differ it is right; else it is of a put that failed.
        """
        first = self._database.number("SELECT coalesce(min(number), 0) FROM event")
        for event in events:
            known = self._one("WHERE number = ?", event.number)
            if event.number < first or (known and known.hash == event.hash):
                continue
            if known:
                if not newer:
                    return
                self._database.change("DELETE FROM event WHERE number >= ?", event.number)
            self._insert(event)

    def prune(self, now: float) -> None:
        """Removes a part of what is too old, up to events that delivered checkpoints vouch for."""
        young = round((now - self._keep_s) * 1000)
        row = self._database.one(
            f"SELECT max(through) FROM (SELECT {_THROUGH} AS through FROM event WHERE {_IS_CHECKPOINT} "
            f"AND {_THROUGH} >= (SELECT min(number) FROM event) AND number < coalesce((SELECT min(number) "
            "FROM event WHERE kind = 'checkpoint' AND (at_ms >= ? OR EXISTS "
            "(SELECT 1 FROM item WHERE id = subject AND state <> 1))), ?) ORDER BY number LIMIT ?)",
            young,
            _FAR,
            _PRUNED_AT_ONCE,
        )
        if row and row[0] is not None:
            self._database.change("DELETE FROM event WHERE number <= ?", int(row[0]))

    @property
    def is_worth_signing(self) -> bool:
        """A checkpoint's own event alone is not: one would follow another for ever."""
        sql = "SELECT 1 FROM event WHERE number > ? AND kind <> 'checkpoint' LIMIT 1"
        return self._database.one(sql, self._signed_through()) is not None

    def _signed_through(self) -> int:
        row = self._database.one(
            f"SELECT {_THROUGH} FROM event WHERE {_IS_CHECKPOINT} ORDER BY number DESC LIMIT 1"
        )
        return 0 if row is None else int(row[0])

    def _insert(self, event: Event) -> None:
        self._database.change(
            _INSERT, event.number, event.at_ms, event.kind, event.subject, event.detail, event.hash
        )

    def _one(self, where: str, *values: object) -> Event | None:
        found = self._some(where, *values)
        return found[0] if found else None

    def _some(self, where: str, *values: object) -> list[Event]:
        return [_event(row) for row in self._database.all(f"SELECT {_COLUMNS} FROM event {where}", *values)]


def _event(row: Row) -> Event:
    number, at_ms, kind, subject, detail, hash_ = row
    return Event(number, at_ms, kind, subject, detail, bytes(hash_))
