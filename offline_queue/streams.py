"""The statements on the order inside each stream: whose turn it is. The caller holds the transaction.

A stream's head is its first unfinished item. It goes next, unless it is bulky: then the first quick one
behind it does, if there is nothing in between but what is bulky and waits. What was refused, or rests parked,
neither overtakes nor is overtaken.
"""

from collections.abc import Sequence

from offline_queue.item import Item, ItemState, Lane
from offline_queue.sql import Database, Row

_REACH = 1000
"""How far behind its head a stream is looked through, in sequences: to claim must cost little however long it
is, and beyond so many readings it is the sound's turn."""
TRIES_BEFORE_ITS_PLACE = 6
"""So often a quick item is tried before what it overtakes: one that the server never takes must not keep it
back for ever."""


class Streams:
    def __init__(self, database: Database) -> None:
        self._database = database

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

    def turn(self, stream: str, head: int) -> int:
        """The sequence that goes next: the head's, or that of a quick item which may overtake it."""
        quick = self._first_quick(stream, head)
        return head if quick is None or quick[1] >= TRIES_BEFORE_ITS_PLACE else quick[0]

    def _first_quick(self, stream: str, head: int) -> tuple[int, int] | None:
        """Sequence and attempts of the one that may overtake, if nothing else is in between."""
        row = self._database.one(
            "SELECT sequence, attempts, lane, state FROM item "
            "WHERE stream = ?1 AND sequence BETWEEN ?2 AND ?2 + ?3 "
            "AND NOT (state = 1 OR state = 0 AND lane = 2) ORDER BY sequence LIMIT 1",
            stream,
            head,
            _REACH,
        )
        if row is None or row[2:] != (Lane.QUICK, ItemState.WAITING):
            return None
        return int(row[0]), int(row[1])

    def is_bulky(self, stream: str, sequence: int) -> bool:
        sql = "SELECT lane = 2 FROM item WHERE stream = ? AND sequence = ?"
        row = self._database.one(sql, stream, sequence)
        return row is not None and bool(row[0])

    def is_head(self, item: Item) -> bool:
        return self._head_of(item.stream) == item.sequence

    def is_overtaken(self, item: Item) -> bool:
        """A head, by what goes before it."""
        return self.is_head(item) and self.turn(item.stream, item.sequence) != item.sequence

    def wake_for(self, stream: str, sequence: int) -> None:
        """Something quick was put: if it goes next, it does not wait until the sound before it has rested."""
        head, due = self._head_and_due(stream)
        if due and head is not None and sequence != head and self.turn(stream, head) == sequence:
            self.rest(stream, 0.0)

    def is_its_turn(self, item: Item) -> bool:
        """Also of a bulky head that is on its way while something quick was put."""
        head = self._head_of(item.stream)
        return head is not None and (item.sequence == head or item.sequence == self.turn(item.stream, head))

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

    def step_past(self, item: Item) -> None:
        """It was delivered: the next one may be tried at once."""
        if self.is_head(item):
            self.seek_head(item.stream, after=item.sequence)
            self._let_overtake_again(item.stream)
        else:  # it has overtaken the head
            self.rest(item.stream, 0.0)

    def _let_overtake_again(self, stream: str) -> None:
        """Once, for something was delivered: it may have been the line that the quick item failed on."""
        head = self._head_of(stream)
        quick = None if head is None else self._first_quick(stream, head)
        if quick is not None and quick[1] >= TRIES_BEFORE_ITS_PLACE and quick[0] != head:
            sql = "UPDATE item SET attempts = ? WHERE stream = ? AND sequence = ?"
            self._database.change(sql, TRIES_BEFORE_ITS_PLACE - 1, stream, quick[0])

    def rest(self, stream: str, until: float | None) -> None:
        """`until`: Unix time; None: for good."""
        self._database.change("UPDATE stream SET due = ? WHERE name = ?", until, stream)

    def wake(self, stream: str) -> None:
        """It may be tried at once, also what the server had refused; not what has lost its content."""
        self._database.change(
            "UPDATE item SET state = 0 WHERE stream = ? AND state IN (2, 3) "
            "AND sequence IN (SELECT sequence FROM payload)",
            stream,
        )
        self.seek_head(stream)

    def unfinished_streams(self) -> list[str]:
        """By their first unfinished item."""
        sql = "SELECT name FROM stream WHERE head IS NOT NULL ORDER BY head"
        return [str(stream) for (stream,) in self._database.all(sql)]

    def streams(self) -> list[str]:
        """All that ever had an item that is still known."""
        return [str(stream) for (stream,) in self._database.all("SELECT DISTINCT stream FROM item")]

    def _head_of(self, stream: str) -> int | None:
        return self._head_and_due(stream)[0]

    def _head_and_due(self, stream: str) -> tuple[int | None, float | None]:
        row = self._database.one("SELECT head, due FROM stream WHERE name = ?", stream)
        return (None, None) if row is None else (row[0], row[1])


def _others(passed_over: Sequence[str]) -> str:
    """A condition that leaves out the streams in flight."""
    return f"name NOT IN ({', '.join('?' * len(passed_over))})"
