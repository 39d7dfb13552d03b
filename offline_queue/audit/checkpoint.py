"""A signed checkpoint: how far the chain had come, with the events since the one before, for the server.

In the queue it is an item of the stream `audit`; in the chain it is an event that names this item, so that
nobody can take it out of either. The private key (Ed25519, RFC 8032) is in the encrypted database.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from offline_queue.audit.event import Event, NewEvent

CHECKPOINT = "checkpoint"
AUDIT = "audit"
"""The stream and the kind of its items."""
KEY_STATE = "audit_key"
AT_ONCE = 256
"""A checkpoint carries at most so many events: some 70 kB."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The chain of kiosk `owner` ended at event `through` with `hash`, at `at_ms` (Unix time in ms).

    `key` is the public key (32 bytes) that `signature` belongs to; `item` is its id in the queue.
    """

    owner: str
    item: str
    through: int
    hash: bytes
    at_ms: int
    key: bytes
    signature: bytes

    @property
    def is_authentic(self) -> bool:
        """Signed by who has the private half of `key`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(self.signature, _signed(self))
        except (InvalidSignature, ValueError):
            return False
        return True

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.key).hexdigest()[:32]

    def as_event(self) -> NewEvent:
        return NewEvent(CHECKPOINT, self.item, self.fields())

    def fields(self) -> dict[str, str | int]:
        """All but whose it is and in which item."""
        return {
            "through": self.through,
            "hash": self.hash.hex(),
            "signed_ms": self.at_ms,
            "key": self.key.hex(),
            "signature": self.signature.hex(),
        }


def signed(seed: bytes, owner: str, item: str, last: Event, at_ms: int) -> Checkpoint:
    """`seed`: the private key, 32 bytes; `last`: the event up to which everything is vouched for."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    key = private.public_key().public_bytes_raw()
    plain = Checkpoint(owner, item, last.number, last.hash, at_ms, key, b"")
    return replace(plain, signature=private.sign(_signed(plain)))


def _signed(checkpoint: Checkpoint) -> bytes:
    """What the signature is made of."""
    content = [checkpoint.owner, checkpoint.item, checkpoint.through, checkpoint.hash.hex(), checkpoint.at_ms]
    return b"telecabine audit checkpoint\n" + json.dumps(content, separators=(",", ":")).encode()


def of_event(owner: str, event: Event) -> Checkpoint:
    """The checkpoint that an event of that kind tells of. ValueError: it does not."""
    return of_fields(owner, event.subject, json.loads(event.detail))


def of_fields(owner: str, item: str, fields: Any) -> Checkpoint:
    """Raises ValueError."""
    try:
        return Checkpoint(
            owner,
            item,
            int(fields["through"]),
            bytes.fromhex(fields["hash"]),
            int(fields["signed_ms"]),
            bytes.fromhex(fields["key"]),
            bytes.fromhex(fields["signature"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError("not a checkpoint") from error


def encode(checkpoint: Checkpoint, events: Sequence[Event]) -> bytes:
    """The payload of its item: JSON, with the events as arrays."""
    content = {
        "kiosk": checkpoint.owner,
        "item": checkpoint.item,
        **checkpoint.fields(),
        "events": [as_row(event) for event in events],
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def decode(payload: bytes) -> tuple[Checkpoint, tuple[Event, ...]]:
    """Raises ValueError for what `encode` did not make."""
    content = json.loads(payload)
    match content:
        case {"kiosk": str(owner), "item": str(item), "events": list(rows)}:
            return of_fields(owner, item, content), tuple(map(from_row, rows))
    raise ValueError("not a checkpoint")


def as_row(event: Event) -> list[object]:
    return [event.number, event.at_ms, event.kind, event.subject, event.detail, event.hash.hex()]


def from_row(row: Sequence[object]) -> Event:
    """Raises ValueError."""
    match row:
        case [int(number), int(at_ms), str(kind), str(subject), str(detail), str(hash_)]:
            return Event(number, at_ms, kind, subject, detail, bytes.fromhex(hash_))
    raise ValueError("not an event")
