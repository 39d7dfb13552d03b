"""The outbox's key, sealed for the organisation that owns the records: the slots.

A file beside the database, so that it is part of every copy. Each slot is the key sealed for one public key
of the organisation: X25519 (ephemeral key, HKDF-SHA256, AES-256-GCM) or RSA of 3072 bits or more (OAEP,
SHA-256). The machine's own slot is the key file (keys.py). What is written here is of no use without the
private key.
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from offline_queue import files
from offline_queue.errors import OutboxError, OutboxReason, translated
from offline_queue.keys import KEY_BYTES

Private = X25519PrivateKey | RSAPrivateKey
SLOTS = "outbox.slots"
_RSA_BITS = 3072
_X25519_SEALED_BYTES = 32 + KEY_BYTES + 16
"""The ephemeral public key, the outbox's key, the tag."""
_OAEP = padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)
_RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)
_PUBLIC = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True, slots=True)
class Slot:
    """`public`: the organisation's key (DER, base64), for sealing a new key when it is changed."""

    name: str
    public: str
    sealed: str

    @property
    def fingerprint(self) -> str:
        """The first 16 bytes of the SHA-256 of the public key (DER), in hex."""
        return hashlib.sha256(base64.b64decode(self.public)).hexdigest()[:32]


def read_slots(directory: Path) -> tuple[Slot, ...]:
    """Raises OutboxError: IO_FAILED, KEY_UNREADABLE when the file is damaged."""
    path = slots_file(directory)
    with translated():
        if not path.exists():
            return ()
        content = path.read_bytes()
    try:
        return parsed(content)
    except ValueError as error:
        raise OutboxError(OutboxReason.KEY_UNREADABLE, f"{path} is damaged") from error


def slots_file(directory: Path) -> Path:
    return directory / SLOTS


def parsed(content: bytes) -> tuple[Slot, ...]:
    """The slots in a file's content. ValueError: it is damaged."""
    try:
        told = json.loads(content)
        slots = tuple(Slot(**slot) for slot in told["slots"])
        if "check" in told and told["check"] != _check(slots):
            raise ValueError("it does not fit its own check")
        if not all(_has_its_form(slot) for slot in slots):
            raise ValueError("a slot has not the form of one")
    except (KeyError, TypeError, AttributeError, OutboxError, UnsupportedAlgorithm) as error:
        raise ValueError("it is not a list of slots") from error
    return slots


def is_checked(content: bytes) -> bool:
    """Whether slots that can be parsed have a check: files of before there was one have not."""
    return "check" in json.loads(content)


def write_slots(directory: Path, slots: Sequence[Slot]) -> None:
    content = {"version": 1, "slots": [asdict(slot) for slot in slots], "check": _check(slots)}
    with translated():
        files.make_directory(directory)
        files.replace(slots_file(directory), json.dumps(content).encode())


def _check(slots: Sequence[Slot]) -> str:
    """Against damage, not against malice: what is sealed is of no use to who can write here."""
    return hashlib.sha256(json.dumps([asdict(slot) for slot in slots]).encode()).hexdigest()


def _has_its_form(slot: Slot) -> bool:
    public, sealed = _usable(_der(slot)), base64.b64decode(slot.sealed, validate=True)
    return len(sealed) == (public.key_size // 8 if isinstance(public, RSAPublicKey) else _X25519_SEALED_BYTES)


def add_slot(directory: Path, key: bytes, name: str, public_pem: bytes) -> Slot:
    """OutboxError: KEY_UNREADABLE (no public key that can be used), CONFLICT (name or key is taken)."""
    slot = seal(key, name, _load_public(public_pem))
    slots = read_slots(directory)
    if any(slot.name == known.name or slot.public == known.public for known in slots):
        raise OutboxError(OutboxReason.CONFLICT, f"there is a slot of this name or key: {name}")
    write_slots(directory, (*slots, slot))
    return slot


def remove_slot(directory: Path, name: str) -> None:
    """LookupError: no such slot. OutboxError CONFLICT: the last one stays."""
    slots = read_slots(directory)
    left = [slot for slot in slots if slot.name != name]
    if len(left) == len(slots):
        raise LookupError(name)
    if not left:
        raise OutboxError(
            OutboxReason.CONFLICT, "without the last slot nobody could open a dead kiosk's outbox"
        )
    write_slots(directory, left)


def seal(key: bytes, name: str, public: X25519PublicKey | RSAPublicKey) -> Slot:
    if isinstance(public, RSAPublicKey):
        sealed = public.encrypt(key, _OAEP)
    else:
        ephemeral = X25519PrivateKey.generate()
        shared = ephemeral.exchange(public)
        sent = ephemeral.public_key().public_bytes(*_RAW)
        sealed = sent + _cipher(shared, sent, public).encrypt(bytes(12), key, None)  # the key is used once
    der = public.public_bytes(*_PUBLIC)
    return Slot(name, base64.b64encode(der).decode(), base64.b64encode(sealed).decode())


def reseal(key: bytes, slots: Sequence[Slot]) -> list[Slot]:
    """The same slots for another key."""
    return [seal(key, slot.name, _usable(_der(slot))) for slot in slots]


def open_slot(directory: Path, private: Private) -> bytes:
    """The outbox's key. OutboxError: KEY_UNREADABLE when the slot is damaged, KEY_MISSING."""
    ours = base64.b64encode(private.public_key().public_bytes(*_PUBLIC)).decode()
    for slot in read_slots(directory):
        if slot.public == ours:
            return unsealed(slot.sealed, private)
    raise OutboxError(OutboxReason.KEY_MISSING, "no slot of this outbox is sealed for that key")


def fingerprint_of(public: X25519PublicKey | RSAPublicKey) -> str:
    """As `Slot.fingerprint`."""
    return hashlib.sha256(public.public_bytes(*_PUBLIC)).hexdigest()[:32]


def load_private(private_pem: bytes, password: bytes | None) -> Private:
    """An organisation's. OutboxError KEY_UNREADABLE: not a private key that we use, or a wrong password."""
    try:
        private = serialization.load_pem_private_key(private_pem, password)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise OutboxError(OutboxReason.KEY_UNREADABLE, f"the private key cannot be read: {error}") from error
    if not isinstance(private, X25519PrivateKey | RSAPrivateKey):
        raise OutboxError(OutboxReason.KEY_UNREADABLE, "neither an X25519 nor an RSA key")
    return private


def unsealed(text: str, private: Private) -> bytes:
    """What `seal` has sealed (base64). OutboxError KEY_UNREADABLE: it is damaged."""
    try:
        sealed = base64.b64decode(text)
        if isinstance(private, RSAPrivateKey):
            return private.decrypt(sealed, _OAEP)
        sent = sealed[:32]
        shared = private.exchange(X25519PublicKey.from_public_bytes(sent))
        return _cipher(shared, sent, private.public_key()).decrypt(bytes(12), sealed[32:], None)
    except (ValueError, InvalidTag) as error:
        raise OutboxError(OutboxReason.KEY_UNREADABLE, "the slot is damaged") from error


def _cipher(shared: bytes, sent: bytes, public: X25519PublicKey) -> AESGCM:
    derive = HKDF(SHA256(), 32, sent + public.public_bytes(*_RAW), b"telecabine outbox slot")
    return AESGCM(derive.derive(shared))


def _load_public(pem: bytes) -> X25519PublicKey | RSAPublicKey:
    try:
        return _usable(serialization.load_pem_public_key(pem))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise OutboxError(OutboxReason.KEY_UNREADABLE, "this is not a public key (PEM)") from error


def _der(slot: Slot) -> object:
    return serialization.load_der_public_key(base64.b64decode(slot.public))


def _usable(public: object) -> X25519PublicKey | RSAPublicKey:
    if isinstance(public, X25519PublicKey) or (
        isinstance(public, RSAPublicKey) and public.key_size >= _RSA_BITS
    ):
        return public
    raise OutboxError(OutboxReason.KEY_UNREADABLE, f"X25519, or RSA of {_RSA_BITS} bits at least, is wanted")
