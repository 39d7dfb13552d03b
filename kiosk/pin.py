"""The technician's PIN, kept as an Argon2id hash (RFC 9106, the usual `$argon2id$` text).

Settings files of earlier releases hold `scrypt$salt$hash` (RFC 7914, in hex): that opens too.
"""

import hashlib
import hmac
import os

# RFC 9106, section 4, the second choice, with one lane.
_ITERATIONS = 3
_LANES = 1
_MEMORY_KIB = 64 * 1024
_N, _R, _P = 2**14, 8, 1


def hash_pin(pin: str) -> str:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    hasher = Argon2id(
        salt=os.urandom(16), length=32, iterations=_ITERATIONS, lanes=_LANES, memory_cost=_MEMORY_KIB
    )
    return hasher.derive_phc_encoded(pin.encode())


def pin_matches(pin: str, stored: str) -> bool:
    """False for a wrong PIN, and always when none is set: the technician's door stays shut."""
    match stored.split("$"):
        case ["scrypt", salt, digest]:
            return hmac.compare_digest(_scrypt(pin, bytes.fromhex(salt)), bytes.fromhex(digest))
        case ["", "argon2id", *_]:
            return _matches(pin, stored)
        case _:
            return False


def _matches(pin: str, stored: str) -> bool:
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    try:
        Argon2id.verify_phc_encoded(pin.encode(), stored)
    except InvalidKey:
        return False
    return True


def _scrypt(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=_N, r=_R, p=_P)
