"""The technician's PIN, kept as an Argon2id hash (RFC 9106, the usual `$argon2id$` text)."""

import os

# RFC 9106, section 4, the second choice, with one lane.
_ITERATIONS = 3
_LANES = 1
_MEMORY_KIB = 64 * 1024


def hash_pin(pin: str) -> str:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    hasher = Argon2id(
        salt=os.urandom(16), length=32, iterations=_ITERATIONS, lanes=_LANES, memory_cost=_MEMORY_KIB
    )
    return hasher.derive_phc_encoded(pin.encode())


def pin_matches(pin: str, stored: str) -> bool:
    """False for a wrong PIN, and always when none is set: the technician's door stays shut."""
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    if not stored.startswith("$argon2id$"):
        return False
    try:
        Argon2id.verify_phc_encoded(pin.encode(), stored)
    except InvalidKey:
        return False
    return True
