"""The secret of one link and everything derived from it (docs/security.md). Pure."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from kiosk.call.errors import CallError, CallReason

SECRET_BYTES = 32
WORDS = 256
_SALT = b"telecabine/1"


def to_text(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def to_bytes(text: str) -> bytes:
    """The reverse of `to_text`. Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def new_nonce() -> str:
    return to_text(secrets.token_bytes(16))


def _hkdf(secret: bytes, info: bytes, length: int) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), length, salt=_SALT, info=info).derive(secret)


@dataclass(frozen=True, slots=True)
class Keys:
    """`room` is what the relay sees; the two keys prove who wrote a message."""

    room: str
    kiosk: bytes = field(repr=False)
    physician: bytes = field(repr=False)


def derive(secret: bytes) -> Keys:
    """Room and keys of a link (RFC 5869, SHA-256)."""
    return Keys(
        to_text(_hkdf(secret, b"room", 16)), _hkdf(secret, b"kiosk", 32), _hkdf(secret, b"physician", 32)
    )


def room_of(saved: bytes) -> str:
    """The room of a call that was saved (`Call.saved`), to reserve it before the call is taken up."""
    return derive(saved[:SECRET_BYTES]).room


@dataclass(frozen=True, slots=True)
class Claim:
    """What a mac covers. Nonces and seat hold no line break, so that no two claims read the same."""

    type: str
    nonce_kiosk: str = ""
    nonce_page: str = ""
    seat: str = ""
    body: str = ""


def mac(key: bytes, claim: Claim) -> str:
    """HMAC-SHA256 of a claim, base64url."""
    parts = ("telecabine/1", claim.type, claim.nonce_kiosk, claim.nonce_page, claim.seat, claim.body)
    return to_text(hmac.digest(key, "\n".join(parts).encode(), hashlib.sha256))


def proves(key: bytes, claim: Claim, given: object) -> bool:
    """Whether `given` is the mac of `claim`, in constant time."""
    return isinstance(given, str) and hmac.compare_digest(mac(key, claim).encode(), given.encode())


def load_words(path: Path) -> tuple[str, ...]:
    """The list that both screens use. Raises CallError(WORDS_UNREADABLE)."""
    try:
        words = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CallError(CallReason.WORDS_UNREADABLE, str(error)) from error
    if not isinstance(words, list) or len(set(words)) != WORDS:
        raise CallError(CallReason.WORDS_UNREADABLE, f"{path} does not hold {WORDS} different words")
    return tuple(words)


def four_words(secret: bytes, fingerprints: Sequence[str], words: Sequence[str]) -> tuple[str, ...]:
    """The short code: of the secret and both DTLS fingerprints (upper-case hex with colons), in any order."""
    info = "words" + "\n".join(sorted(fingerprints))
    return tuple(words[index] for index in _hkdf(secret, info.encode(), 4))


def default_relay(page_url: str) -> str:
    """The relay of the host that serves the page."""
    return f"wss://{urlsplit(page_url).netloc}/signal"


def build_link(page_url: str, secret: bytes, relay_url: str = "") -> str:
    """The physician's link. The relay is named only when it is not the page's own host."""
    named = relay_url if relay_url and relay_url != default_relay(page_url) else ""
    return f"{page_url}#{to_text(secret)}" + (f"@{to_text(named.encode())}" if named else "")


def parse_link(link: str) -> tuple[bytes, str]:
    """Secret and relay address of a link. Raises CallError(BAD_LINK)."""
    page_url, _, fragment = link.partition("#")
    secret_text, _, relay_text = fragment.partition("@")
    try:
        secret = to_bytes(secret_text)
        relay_url = to_bytes(relay_text).decode() if relay_text else default_relay(page_url)
    except ValueError as error:
        raise CallError(CallReason.BAD_LINK, "not base64url") from error
    if len(secret) != SECRET_BYTES or urlsplit(relay_url).scheme != "wss":
        raise CallError(CallReason.BAD_LINK, "incomplete")
    return secret, relay_url
