"""The whole chain of an outbox, read from a copy of its files: also beside a kiosk that runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from offline_queue.audit.chain import Chain
from offline_queue.audit.checkpoint import AUDIT
from offline_queue.audit.event import Event
from offline_queue.sentinel import check_there
from offline_queue.snapshot import looking, opened


@dataclass(frozen=True, slots=True)
class Trail:
    """`sent`: the ids of all checkpoints that the queue knows, `waiting`: of those that are not delivered."""

    events: Sequence[Event]
    sent: Sequence[str]
    waiting: Sequence[str]


def read_trail(directory: Path, key: bytes, owner: str, outside: Path | None = None) -> Trail:
    """OutboxError as for `open_database`. `outside`: the second mark."""
    check_there(directory, outside)
    return looking(directory, lambda copy: _read(copy, key, owner))


def _read(copy: Path, key: bytes, owner: str) -> Trail:
    with opened(copy, key, owner) as database:
        rows = database.all("SELECT id, state FROM item WHERE stream = ? ORDER BY sequence", AUDIT)
        return Trail(
            Chain(database, owner).all(),
            [str(id_) for id_, _ in rows],
            [str(id_) for id_, state in rows if state != 1],
        )
