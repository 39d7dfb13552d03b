"""What waits to be delivered, for the technician's screen: no patient, and nothing that was measured."""

from dataclasses import dataclass

from kiosk.obstacle import obstacle
from kiosk.outbox_reasons import HeldState, Obstacle
from offline_queue.delivery import DeliveryStatus
from offline_queue.item import Counts, ItemState
from offline_queue.outbox import Outbox
from offline_queue.waiting import Waiting

SHOWN_AT_MOST = 12


@dataclass(frozen=True, slots=True)
class Held:
    """One session (or the audit chain) that waits, by what is sent first of it. `kind`: as in the outbox;
    `age_s` is None when it is not known; `answer` says `obstacle` with the server's number."""

    stream: str
    kind: str
    state: HeldState
    count: int
    age_s: float | None
    attempts: int
    obstacle: Obstacle | None
    answer: str


@dataclass(frozen=True, slots=True)
class OutboxFigures:
    """`oldest_s`: for how long the oldest item has waited; `last_answer`: see `Look`; `held`: what was
    refused first, then the oldest, at most SHOWN_AT_MOST."""

    counts: Counts
    online: bool
    paused: str
    oldest_s: float | None
    last_answer: str
    held: tuple[Held, ...] = ()


async def outbox_figures(outbox: Outbox, status: DeliveryStatus, now: float) -> OutboxFigures:
    """`now`: seconds, Unix time. Raises OutboxError."""
    look = await outbox.look()
    oldest_s = None if look.oldest is None else now - look.oldest
    held = tuple(_held(each, now) for each in await outbox.waiting(SHOWN_AT_MOST))
    return OutboxFigures(look.counts, status.online, status.paused, oldest_s, look.last_answer, held)


_STATES = {ItemState.PARKED: HeldState.RESTING, ItemState.QUARANTINED: HeldState.REFUSED}


def _held(waiting: Waiting, now: float) -> Held:
    return Held(
        stream=waiting.stream,
        kind=waiting.kind,
        state=_STATES.get(waiting.state, HeldState.WAITING),
        count=waiting.count,
        age_s=None if waiting.since is None else max(0.0, now - waiting.since),
        attempts=waiting.attempts,
        obstacle=obstacle(waiting.reason) if waiting.reason else None,
        answer=waiting.reason,
    )
