"""What waits, stream by stream, for who looks at it: never any content."""

from dataclasses import dataclass

from offline_queue.item import ItemState
from offline_queue.sql import Database

_SQL = (
    "SELECT name, kind, state, attempts, reason, stored, due, "
    "(SELECT count(*) FROM item AS each WHERE each.stream = name AND each.state <> 1) "
    "FROM (SELECT name, head, due FROM stream WHERE head IS NOT NULL ORDER BY due IS NOT NULL, head LIMIT ?) "
    "JOIN item ON item.stream = name AND item.sequence = head "
    "LEFT JOIN payload ON payload.sequence = head ORDER BY due IS NOT NULL, head"
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One stream by its first unfinished item, and how many wait in it. `since` and `due`: Unix time; `since`
    is None when the item has lost its content, `due` when it is not tried again by itself."""

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
    rows = database.all(_SQL, most)
    return tuple(Waiting(name, kind, ItemState(state), *rest) for name, kind, state, *rest in rows)
