"""What the store tells the chain by itself, and the checkpoints that it makes."""

import secrets
from uuid import uuid4

from offline_queue.audit.chain import Chain
from offline_queue.audit.checkpoint import AT_ONCE, AUDIT, KEY_STATE, encode, signed
from offline_queue.audit.event import NewEvent
from offline_queue.item import Item, NewItem
from offline_queue.outcome import Delivered, Outcome, Quarantine
from offline_queue.putting import Putting
from offline_queue.rows import Rows, digest_of

DELIVERED, REFUSED, KEY_ROTATED = "delivered", "refused", "key_rotated"
STORE_REBUILT, RETRIED = "store_rebuilt", "outbox_retried"


def of_outcome(item: Item, outcome: Outcome) -> tuple[NewEvent, ...]:
    """Not of the chain's own items: each checkpoint would be followed by another one."""
    match outcome:
        case Delivered() if item.kind != AUDIT:
            return (NewEvent(DELIVERED, item.id, {"sha256": digest_of(item.payload).hex()}),)
        case Quarantine(reason):
            return (NewEvent(REFUSED, item.id, {"reason": reason}),)
    return ()


def make_checkpoint(rows: Rows, chain: Chain, putting: Putting, now: float) -> bool:
    """Signs what no checkpoint vouches for yet, or the first part of it. False: there is nothing to sign."""
    if not chain.is_worth_signing:
        return False
    events, known = chain.unsigned(AT_ONCE), rows.state(KEY_STATE)
    seed = known or secrets.token_bytes(32)
    state = {} if known else {KEY_STATE: seed}
    checkpoint = signed(seed, chain.owner, str(uuid4()), events[-1], round(now * 1000))
    item = NewItem(checkpoint.item, AUDIT, AUDIT, encode(checkpoint, events))
    putting.put([item], state, [checkpoint.as_event()])
    return True
