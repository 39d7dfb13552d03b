"""What waits, stream by stream, for who looks at it: never any content."""

from dataclasses import dataclass

from offline_queue.item import ItemState
from offline_queue.sql import Database
from offline_queue.streams import Streams

_STREAMS = (
    "SELECT name, head, due, (SELECT count(*) FROM item WHERE stream = name AND state <> 1) FROM "
    "(SELECT name, head, due FROM stream WHERE head IS NOT NULL ORDER BY due IS NOT NULL, head LIMIT ?) "
    "ORDER BY due IS NOT NULL, head"
)
"""Only those that are shown are counted: it is asked each second while somebody looks."""
_ITEM = (
    "SELECT kind, state, attempts, reason, stored FROM item LEFT JOIN payload USING (sequence) "
    "WHERE item.stream = ? AND item.sequence = ?"
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One stream by the item that goes next in it, and how many wait in it.

    `since` and `due`: Unix time; `since` is None when the item has lost its content, `due` when it is not
    tried again by itself.
    """

    stream: str
    kind: str
    state: ItemState
    attempts: int
    reason: str
    since: float | None
    due: float | None
    count: int


def waiting(database: Database, most: int = -1) -> tuple[Waiting, ...]:
    """What was refused comes first, then the oldest; at most so many streams, or all."""
    streams = Streams(database)
    return tuple(
        _waiting(database, name, streams.turn(name, head), due, count)
        for name, head, due, count in database.all(_STREAMS, most)
    )


def _waiting(database: Database, stream: str, sequence: int, due: float | None, count: int) -> Waiting:
    row = database.one(_ITEM, stream, sequence)
    assert row is not None, "a stream's turn is one of its items"
    kind, state, attempts, reason, since = row
    return Waiting(stream, kind, ItemState(state), attempts, reason, since, due, count)
