"""The technician's PIN, kept as a scrypt hash (RFC 7914): `scrypt$salt$hash`, both in hex."""

import hashlib
import hmac
import os

_N, _R, _P = 2**14, 8, 1


def hash_pin(pin: str) -> str:
    salt = os.urandom(16)
    return f"scrypt${salt.hex()}${_digest(pin, salt).hex()}"


def pin_matches(pin: str, stored: str) -> bool:
    """False for a wrong PIN, and always when none is set: the technician's door stays shut."""
    match stored.split("$"):
        case ["scrypt", salt, digest]:
            return hmac.compare_digest(_digest(pin, bytes.fromhex(salt)), bytes.fromhex(digest))
        case _:
            return False


def _digest(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=_N, r=_R, p=_P)
