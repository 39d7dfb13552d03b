"""The kiosk's proof of who it is to a token server: a statement that its key signs (RFC 7523, section 3).

As SMART App Launch 2.2 profiles it ("Client Authentication: Asymmetric"): RS384 or ES384. PyJWT and
`cryptography` are loaded only when needed: most sites do without.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.fhir.errors import FhirError, FhirReason

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

# What delivery does: create, read, update, search; nothing is ever deleted (SMART 2.2, "Scopes for requesting
# FHIR Resources").
SCOPE = "system/*.crus"
RSA_BITS_MIN = 2048
# Five minutes is the most that SMART allows; a clock that is a minute ahead of the server's is still taken.
LIFE_S = 240
# Keycloak refuses an assertion from the future, and one without a date when it lives longer than a minute.
BACKDATED_S = 20


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """The kiosk as a token server knows it. `key_file`: PEM, RSA or EC P-384, read for each assertion.

    `key_id`: which of several keys (`kid`). `scope` "": the server's own default.
    """

    token_url: str
    client_id: str
    key_file: Path
    key_id: str = ""
    scope: str = SCOPE

    def __post_init__(self) -> None:
        if not self.token_url.startswith("https://"):
            raise FhirError(
                FhirReason.CONFIGURATION, "the address of the token server must begin with https://"
            )


def make_assertion(client: OAuthClient, now_s: float) -> str:
    """A new one for each request: its `jti` is never used again. `now_s`: seconds, Unix time.

    Raises FhirError (CONFIGURATION) when the key cannot be used.
    """
    import secrets

    import jwt

    key, algorithm = _key(client.key_file)
    claims = {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": client.token_url,
        "iat": int(now_s) - BACKDATED_S,
        "exp": int(now_s) + LIFE_S,
        "jti": secrets.token_urlsafe(24),
    }
    return jwt.encode(claims, key, algorithm, {"kid": client.key_id} if client.key_id else None)


def _key(path: Path) -> "tuple[RSAPrivateKey | EllipticCurvePrivateKey, str]":
    """The key, and the algorithm that goes with it (RFC 7518, 3.3 and 3.4)."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:  # TypeError: it wants a password
        raise FhirError(FhirReason.CONFIGURATION, f"the client key cannot be read: {path}") from error
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= RSA_BITS_MIN:
        return key, "RS384"
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP384R1):
        return key, "ES384"
    wanted = f"RSA of {RSA_BITS_MIN} bits or more, nor EC P-384"
    raise FhirError(FhirReason.CONFIGURATION, f"the client key is neither {wanted}: {path}")
