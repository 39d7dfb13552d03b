"""The few words of `/signal` that the rendezvous itself says or hears; it forwards all others. Pure."""

import json
import re
from dataclasses import dataclass

from kiosk.rendezvous.rooms import Role

TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}")
_HASH = re.compile(r"[A-Za-z0-9_-]{43}")

# Nobody may say these in the rendezvous' name, and none of the others is meant for the other party.
_RESERVED = ("peer", "refused", "servers", "invited", "invite", "uninvite")


@dataclass(frozen=True, slots=True)
class Invite:
    """Open a room for a guest; `host_hash` is base64url of the SHA-256 of its host's token."""

    room: str
    host_hash: str


@dataclass(frozen=True, slots=True)
class Uninvite:
    """Close that room."""

    room: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """A word that this party has no right to."""


@dataclass(frozen=True, slots=True)
class Forward:
    """For the other party, verbatim."""


Word = Invite | Uninvite | Dropped | Forward


def read(role: Role, text: str) -> Word:
    """What is to be done with one frame."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return Forward()  # not ours to judge
    kind = message.get("type") if isinstance(message, dict) else None
    if kind not in _RESERVED:
        return Forward()
    if role is Role.KIOSK and kind in ("invite", "uninvite"):
        return _order(message)
    return Dropped()


def _order(message: dict[str, object]) -> Invite | Uninvite | Dropped:
    room, host_hash = message.get("room"), message.get("host")
    if not (isinstance(room, str) and TOKEN.fullmatch(room)):
        return Dropped()
    if message["type"] == "uninvite":
        return Uninvite(room)
    if not (isinstance(host_hash, str) and _HASH.fullmatch(host_hash)):
        return Dropped()
    return Invite(room, host_hash)
