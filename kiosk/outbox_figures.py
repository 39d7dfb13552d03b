"""What waits to be delivered, for the technician's screen."""

from dataclasses import dataclass

from offline_queue.delivery import DeliveryStatus
from offline_queue.item import Counts
from offline_queue.outbox import Outbox


@dataclass(frozen=True, slots=True)
class OutboxFigures:
    """`oldest_s`: for how long the oldest item has waited; `last_answer`: see `Look`."""

    counts: Counts
    online: bool
    paused: str
    oldest_s: float | None
    last_answer: str


async def outbox_figures(outbox: Outbox, status: DeliveryStatus, now: float) -> OutboxFigures:
    """`now`: seconds, Unix time. Raises OutboxError."""
    look = await outbox.look()
    oldest_s = None if look.oldest is None else now - look.oldest
    return OutboxFigures(look.counts, status.online, status.paused, oldest_s, look.last_answer)
