"""Which relays the two may use, and credentials that open them for a few hours.

Time-limited credentials as in draft-uberti-behave-turn-rest-00, section 2.2; coturn calls it
`use-auth-secret`. The server needs no word from us: it knows the secret and reads the expiry in the name.
"""

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field

CREDENTIAL_LIFE_S = 4 * 3600.0  # a consultation with a wide margin


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """`urls` share one `secret`. Nothing configured: the two meet directly or not at all."""

    urls: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)
    stun_urls: tuple[str, ...] = ()
    credential_life_s: float = CREDENTIAL_LIFE_S
    relay_only: bool = False

    @property
    def empty(self) -> bool:
        return not (self.urls or self.stun_urls)

    @property
    def renew_after_s(self) -> float:
        """Half of a credential's life: whoever gets it late or twice still has one that is good."""
        return self.credential_life_s / 2


def credentials(secret: str, identity: str, expires_s: int) -> tuple[str, str]:
    """Name and password that a TURN server with this secret takes until `expires_s` (Unix time)."""
    username = f"{expires_s}:{identity}"
    digest = hmac.digest(secret.encode(), username.encode(), hashlib.sha1)
    return username, base64.b64encode(digest).decode()


def servers_message(settings: TurnSettings, now_s: float | None = None) -> dict[str, object]:
    """What one party is told; each gets a name of its own that means nothing to anybody else."""
    expires_s = int((time.time() if now_s is None else now_s) + settings.credential_life_s)
    ice: list[dict[str, object]] = []
    if settings.urls:
        username, credential = credentials(settings.secret, secrets.token_hex(8), expires_s)
        ice.append({"urls": list(settings.urls), "username": username, "credential": credential})
    if settings.stun_urls:
        ice.append({"urls": list(settings.stun_urls)})
    return {"type": "servers", "ice": ice, "relay_only": settings.relay_only}
