"""What the outbox keeps."""

from dataclasses import dataclass
from enum import IntEnum


class ItemState(IntEnum):
    """The numbers are stored in the database: they never change."""

    WAITING = 0
    DELIVERED = 1
    PARKED = 2
    QUARANTINED = 3


class Lane(IntEnum):
    """What may go before what inside a stream. The numbers are stored in the database: they never change."""

    IN_ORDER = 0
    """After everything that was put before it, and before everything that is put after it."""
    QUICK = 1
    """May overtake what is bulky and waits."""
    BULKY = 2


@dataclass(frozen=True, slots=True)
class NewItem:
    """`id` is minted by the caller and is the idempotency key; a stream is delivered in the order of put, but
    for what its `lane` allows.
    """

    id: str
    stream: str
    kind: str
    payload: bytes
    lane: Lane = Lane.IN_ORDER


@dataclass(frozen=True, slots=True)
class Item:
    """`payload` is empty once the item was delivered: it is destroyed then."""

    id: str
    stream: str
    kind: str
    payload: bytes
    sequence: int
    state: ItemState
    attempts: int
    reason: str
    receipt: str


@dataclass(frozen=True, slots=True)
class Counts:
    waiting: int = 0
    delivered: int = 0
    parked: int = 0
    quarantined: int = 0

    @property
    def to_send(self) -> int:
        """What is tried by itself, now or later."""
        return self.waiting + self.parked

    @property
    def unfinished(self) -> int:
        """Also what the server refused."""
        return self.to_send + self.quarantined


@dataclass(frozen=True, slots=True)
class Look:
    """`oldest`: since when the longest waiting item has been here (Unix time). `last_answer`: why the newest
    of the items that were tried in vain is still here, or ""."""

    counts: Counts
    oldest: float | None
    last_answer: str
