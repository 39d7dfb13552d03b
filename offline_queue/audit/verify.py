"""What was changed in a chain: edited, removed, reordered, cut off, or signed by somebody else. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from offline_queue.audit.checkpoint import CHECKPOINT, Checkpoint, of_event
from offline_queue.audit.event import Event, first_hash, follows


class Flaw(StrEnum):
    ALTERED = "altered"
    """An event is not what was written behind the one before it."""
    MISSING = "missing"
    """There are events before and after, or the first ones are gone before their time."""
    CUT_OFF = "cut_off"
    """A checkpoint vouches for events behind the last one that is here."""
    NOT_AS_SIGNED = "not_as_signed"
    """The chain fits itself, but not a checkpoint: it was written anew."""
    FORGED = "forged"
    """A checkpoint whose signature is wrong."""
    OTHER_KEY = "other_key"
    """A checkpoint by another key than the others: the database was lost, or somebody made a chain."""


@dataclass(frozen=True, slots=True)
class Finding:
    flaw: Flaw
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What must be there: checkpoints that somebody else holds, and from when on (Unix time in ms) events are
    kept. `named`: items of checkpoints that the queue still knows, in its order; the chain must name them.
    """

    checkpoints: Sequence[Checkpoint] = ()
    since_ms: int = 0
    named: Sequence[str] = ()


def check(owner: str, events: Sequence[Event], kept: Kept) -> list[Finding]:
    """`events`: all of the kiosk `owner`, in the order of their numbers. Empty: nothing was changed."""
    own, broken = own_checkpoints(owner, events)
    vouched = [*own, *kept.checkpoints]
    found = [
        *broken,
        *_beginning(owner, events, vouched, kept.since_ms),
        *_links(events),
        *_signed(events, vouched),
        *_keys(vouched),
        *_named(events, kept.named),
    ]
    return sorted(set(found), key=lambda finding: (finding.first, finding.last))


def own_checkpoints(owner: str, events: Iterable[Event]) -> tuple[list[Checkpoint], list[Finding]]:
    """Those that the chain tells of, and which of its events should and do not."""
    found: list[Checkpoint] = []
    broken: list[Finding] = []
    for event in events:
        if event.kind != CHECKPOINT:
            continue
        try:
            found.append(of_event(owner, event))
        except ValueError:
            broken.append(Finding(Flaw.FORGED, event.number, event.number))
    return found, broken


def _beginning(
    owner: str, events: Sequence[Event], vouched: Sequence[Checkpoint], since_ms: int
) -> Iterator[Finding]:
    """The first event follows nothing; or one that a checkpoint vouches for, all up to it being too old."""
    if not events:
        return
    first = events[0]
    before = first_hash(owner)
    if first.number > 1:
        gone = [each for each in vouched if each.through < first.number]
        old = [each for each in gone if each.through == first.number - 1]
        if not old or any(each.at_ms >= since_ms for each in gone):
            yield Finding(Flaw.MISSING, 1, first.number - 1)
            return
        before = old[0].hash
    if not follows(before, first):
        yield Finding(Flaw.ALTERED, first.number, first.number)


def _links(events: Sequence[Event]) -> Iterator[Finding]:
    for before, event in pairwise(events):
        if event.number != before.number + 1:
            yield Finding(Flaw.MISSING, before.number + 1, event.number - 1)
        elif not follows(before.hash, event):
            yield Finding(Flaw.ALTERED, event.number, event.number)


def _signed(events: Sequence[Event], vouched: Sequence[Checkpoint]) -> Iterator[Finding]:
    hashes = {event.number: event.hash for event in events}
    first, last = (events[0].number, events[-1].number) if events else (1, 0)
    believed: list[Checkpoint] = []
    for each in vouched:
        if each.is_authentic:
            believed.append(each)
        else:
            yield Finding(Flaw.FORGED, each.through, each.through)
    if (furthest := max((each.through for each in believed), default=0)) > last:
        yield Finding(Flaw.CUT_OFF, last + 1, furthest)
    # Behind the first one that differs all others do.
    if wrong := [each.through for each in believed if hashes.get(each.through, each.hash) != each.hash]:
        at = min(wrong)
        good = max((each.through for each in believed if first <= each.through < at), default=first - 1)
        yield Finding(Flaw.NOT_AS_SIGNED, good + 1, at)


def _keys(vouched: Sequence[Checkpoint]) -> Iterator[Finding]:
    for before, checkpoint in pairwise(sorted(vouched, key=lambda each: each.through)):
        if checkpoint.key != before.key:
            yield Finding(Flaw.OTHER_KEY, checkpoint.through, checkpoint.through)


def _named(events: Sequence[Event], items: Sequence[str]) -> Iterator[Finding]:
    """What the queue has sent for the chain, the chain tells of. Without its beginning it tells of less."""
    told = {event.subject for event in events if event.kind == CHECKPOINT}
    first, last = (events[0].number, events[-1].number) if events else (1, 0)
    behind = next((at for at, item in enumerate(reversed(items)) if item in told), len(items))
    if behind and (told.intersection(items) or first == 1):
        yield Finding(Flaw.CUT_OFF, last + 1, last + 1)
