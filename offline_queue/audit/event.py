"""One event, and how it is bound to the one before."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NewEvent:
    """`subject` and `detail` name sessions, records and settings: ids without meaning, never a person."""

    kind: str
    subject: str = ""
    detail: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """`at_ms`: Unix time in ms by the kiosk's clock. `detail`: a JSON object as it was written and hashed."""

    number: int
    at_ms: int
    kind: str
    subject: str
    detail: str
    hash: bytes


def first_hash(owner: str) -> bytes:
    """What the first event of a kiosk is bound to."""
    return hashlib.sha256(f"telecabine audit {owner}".encode()).digest()


def bound(before: bytes, number: int, at_ms: int, new: NewEvent) -> Event:
    """The event that follows the one with the hash `before`."""
    detail = json.dumps(new.detail, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    hash_ = event_hash(before, number, at_ms, new.kind, new.subject, detail)
    return Event(number, at_ms, new.kind, new.subject, detail, hash_)


def event_hash(before: bytes, number: int, at_ms: int, kind: str, subject: str, detail: str) -> bytes:
    """SHA-256 of the hash before and the event as a JSON array."""
    content = json.dumps([number, at_ms, kind, subject, detail], separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(before + content.encode()).digest()


def follows(before: bytes, event: Event) -> bool:
    """Whether the event is what was written behind `before`."""
    return event.hash == event_hash(
        before, event.number, event.at_ms, event.kind, event.subject, event.detail
    )
