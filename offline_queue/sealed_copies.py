"""Delivered records that only the organisation can still read: for a server that lost what it was given.

A copy is one line of JSON (for each slot the public key's fingerprint and the copy's own key, sealed for it),
12 bytes nonce, then the record with its 16 byte tag (AES-256-GCM).
"""

import json
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from offline_queue.audit.checkpoint import AUDIT
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.item import Item
from offline_queue.keys import KEY_BYTES
from offline_queue.rows import is_intact
from offline_queue.slots import Private, Slot, fingerprint_of, read_slots, reseal, unsealed
from offline_queue.sql import Database

log = logging.getLogger(__name__)

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was delivered, as its tombstone tells: `settled` is Unix time."""

    id: str
    stream: str
    kind: str
    sequence: int
    digest: bytes
    receipt: str
    settled: float


class SealedCopies:
    """Belongs to the store's thread; the caller of `keep` and `prune` holds the transaction."""

    def __init__(self, database: Database, directory: Path, keep_s: float) -> None:
        self._database, self._directory, self._keep_s = database, directory, keep_s

    def keep(self, item: Item, now: float) -> None:
        """Nothing without a key of an organisation. The chain's items are for the chain."""
        if self._keep_s and item.kind != AUDIT and (copy := self._sealed(item.payload)):
            insert = "INSERT OR REPLACE INTO sealed_copy VALUES (?, ?, ?)"
            self._database.change(insert, item.sequence, now, copy)

    def _sealed(self, payload: bytes) -> bytes | None:
        try:
            slots = read_slots(self._directory)
            return sealed(payload, slots) if slots else None
        except (OutboxError, ValueError) as error:  # no reason to deliver for ever what was delivered
            log.warning("no sealed copy is kept: %s", error)
            return None

    def prune(self, now: float) -> None:
        self._database.change("DELETE FROM sealed_copy WHERE at < ?", now - self._keep_s)

    def remembered(self) -> list[Remembered]:
        """All that was delivered and is still known, in the order of put; the chain's items left out."""
        rows = self._database.all(
            "SELECT id, stream, kind, sequence, sha256, receipt, settled FROM item "
            "WHERE state = 1 AND kind <> ? ORDER BY sequence",
            AUDIT,
        )
        return [Remembered(*row) for row in rows]

    def opened(self, what: Remembered, private: Private) -> bytes | None:
        """The record as it was put; None: there is no copy. OutboxError: KEY_MISSING, KEY_UNREADABLE."""
        row = self._database.one("SELECT content FROM sealed_copy WHERE sequence = ?", what.sequence)
        if row is None:
            return None
        payload = opened(bytes(row[0]), private)
        if not is_intact(payload, what.digest):
            raise OutboxError(OutboxReason.KEY_UNREADABLE, f"the copy of {what.id} is not what was delivered")
        return payload


def sealed(payload: bytes, slots: Sequence[Slot]) -> bytes:
    """For every slot: each organisation can open it alone."""
    key, nonce = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(_NONCE_BYTES)
    keys = {slot.fingerprint: slot.sealed for slot in reseal(key, slots)}
    return json.dumps(keys).encode() + b"\n" + nonce + AESGCM(key).encrypt(nonce, payload, None)


def opened(copy: bytes, private: Private) -> bytes:
    """The record. OutboxError: KEY_MISSING (not sealed for this key), KEY_UNREADABLE (damaged)."""
    line, _, rest = copy.partition(b"\n")
    try:
        key = json.loads(line).get(fingerprint_of(private.public_key()))
        if key is None:
            raise OutboxError(OutboxReason.KEY_MISSING, "the copy is sealed for another organisation")
        cipher = AESGCM(unsealed(key, private))
        return cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], None)
    except (ValueError, AttributeError, InvalidTag) as error:
        raise OutboxError(OutboxReason.KEY_UNREADABLE, "the copy is damaged") from error
