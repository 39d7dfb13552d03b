"""What the witness writes down, as bytes: a line of JSON, then the contents it names, one after the other."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from offline_queue.audit.checkpoint import as_row, from_row
from offline_queue.audit.event import Event
from offline_queue.item import Item, Lane
from offline_queue.outcome import Delivered

REWRITTEN = -1
"""The segment was made anew from what still waited: it says nothing of transactions and of the state."""


@dataclass(frozen=True, slots=True)
class Begin:
    """The first record of a segment: how far the outbox had come.

    `put_count`: transactions so far, or REWRITTEN; `highest`: the highest sequence given so far. Unless
    rewritten, the next record is a Put of the same number with the whole state of that moment. `older`: the
    number and the first sequence of each segment there was then, in their order; older logs, and what was
    rewritten, do not say.
    """

    owner: str
    put_count: int
    highest: int
    older: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """An item as it was put, at `stored` (seconds, Unix time)."""

    sequence: int
    id: str
    stream: str
    kind: str
    stored: float
    payload: bytes
    lane: Lane = Lane.IN_ORDER


@dataclass(frozen=True, slots=True)
class Put:
    """One acknowledged transaction; `put_count` is its number, or REWRITTEN."""

    put_count: int
    items: Sequence[Kept]
    state: Mapping[str, bytes | None]
    events: Sequence[Event] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What was added to the audit chain apart from a put."""

    events: Sequence[Event]


@dataclass(frozen=True, slots=True)
class Done:
    """The item was delivered at `settled` (seconds, Unix time)."""

    stream: str
    sequence: int
    receipt: str
    settled: float

    @classmethod
    def of(cls, item: Item, outcome: Delivered, now: float) -> "Done":
        return cls(item.stream, item.sequence, outcome.receipt, now)


@dataclass(frozen=True, slots=True)
class Dropped:
    """An older segment is needed no more: who finds it gone misses nothing."""

    segment: int


Record = Begin | Put | Done | Told | Dropped


def encode(record: Record) -> bytes:
    match record:
        case Begin(owner, put_count, highest, older):
            known = {"older": older} if older else {}
            return _packed({"begin": [owner, put_count, highest], **known}, [])
        case Put(put_count, items, state, events):
            heads = [
                [i.sequence, i.id, i.stream, i.kind, i.stored, len(i.payload), int(i.lane)] for i in items
            ]
            sizes = [[key, None if value is None else len(value)] for key, value in state.items()]
            blobs = [item.payload for item in items] + [
                value for value in state.values() if value is not None
            ]
            told = {"events": [as_row(event) for event in events]} if events else {}
            return _packed({"put": put_count, "items": heads, "state": sizes, **told}, blobs)
        case Done(stream, sequence, receipt, settled):
            return _packed({"done": [stream, sequence, receipt, settled]}, [])
        case Told(events):
            return _packed({"told": [as_row(event) for event in events]}, [])
        case Dropped(segment):
            return _packed({"dropped": segment}, [])


def decode(content: bytes) -> Record:
    """Raises ValueError for what `encode` did not make; what was unsealed was."""
    line, _, rest = content.partition(b"\n")
    head = json.loads(line)
    match head:
        case {"begin": [str(owner), int(put_count), int(highest)]}:
            older = tuple((int(number), int(first)) for number, first in head.get("older", ()))
            return Begin(owner, put_count, highest, older)
        case {"done": [str(stream), int(sequence), str(receipt), settled]}:
            return Done(stream, sequence, receipt, float(settled))
        case {"put": int(put_count), "items": list(heads), "state": list(sizes)}:
            return _put(put_count, heads, sizes, head.get("events", ()), rest)
        case {"told": list(rows)}:
            return Told([from_row(row) for row in rows])
        case {"dropped": int(segment)}:
            return Dropped(segment)
    raise ValueError("not a record of the witness")


def _packed(head: dict[str, Any], blobs: Sequence[bytes]) -> bytes:
    return b"".join((json.dumps(head, separators=(",", ":")).encode(), b"\n", *blobs))


def _put(put_count: int, heads: list[Any], sizes: list[Any], rows: Sequence[Any], rest: bytes) -> Put:
    taken = 0

    def take(size: int) -> bytes:
        nonlocal taken
        taken += size
        return rest[taken - size : taken]

    items = [
        Kept(number, id_, name, kind, at, take(size), *map(Lane, lane))  # older logs name no lane
        for number, id_, name, kind, at, size, *lane in heads
    ]
    state = {key: None if size is None else take(size) for key, size in sizes}
    return Put(put_count, items, state, tuple(from_row(row) for row in rows))
