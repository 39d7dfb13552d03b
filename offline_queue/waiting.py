"""What waits, stream by stream, for who looks at it: never any content."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.item import ItemState
from offline_queue.sql import Database
from offline_queue.streams import Streams

_STREAMS = (
    "SELECT name, head, due FROM stream WHERE head IS NOT NULL "
    "ORDER BY name NOT IN ({}), due IS NOT NULL, head LIMIT ?"
)
_COUNT = "SELECT count(*) FROM item WHERE stream = ? AND state <> 1"
"""Only those that are shown are counted: it is asked each second while somebody looks."""
UNREADABLE = "the disk has damaged it"
"""The reason of what lies on a page that cannot be read: it waits for `outbox recover`."""
_ITEM = (
    "SELECT kind, state, attempts, reason, stored FROM item LEFT JOIN payload USING (sequence) "
    "WHERE item.stream = ? AND item.sequence = ?"
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One stream by the item that goes next in it, and how many wait in it.

    `since` and `due`: Unix time; `since` is None when the item has lost its content, `due` when it is not
    tried again by itself. Where that cannot be read, `kind` is "" and `count` 1.
    """

    stream: str
    kind: str
    state: ItemState
    attempts: int
    reason: str
    since: float | None
    due: float | None
    count: int


def waiting(
    database: Database, most: int = -1, damaged: Collection[str] | None = None
) -> tuple[Waiting, ...]:
    """What is damaged comes first, then what was refused, then the oldest; at most so many streams, or all.

    `damaged`: the streams of which that is known; others may turn out to be. None: OutboxError is raised.
    """
    known = damaged or ()
    streams = database.all(_STREAMS.format(", ".join("?" * len(known))), *known, most)
    return tuple(
        _read(database, name, head, due) if damaged is None else _told(database, name, head, due, damaged)
        for name, head, due in streams
    )


def _told(database: Database, stream: str, head: int, due: float | None, damaged: Collection[str]) -> Waiting:
    """A page that cannot be read may be another one than those that are looked at here."""
    try:
        found = _read(database, stream, head, due)
        return replace(found, reason=UNREADABLE, due=None) if stream in damaged else found
    except OutboxError as error:
        if error.reason is not OutboxReason.WRONG_KEY_OR_DAMAGED:
            raise
        return Waiting(stream, "", ItemState.WAITING, 0, UNREADABLE, since=None, due=None, count=1)


def _read(database: Database, stream: str, head: int, due: float | None) -> Waiting:
    row = database.one(_ITEM, stream, Streams(database).turn(stream, head))
    assert row is not None, "a stream's turn is one of its items"
    kind, state, attempts, reason, since = row
    count = int(database.all(_COUNT, stream)[0][0])
    return Waiting(stream, kind, ItemState(state), attempts, reason, since, due, count)
