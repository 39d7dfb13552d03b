"""One file of the log: sealed records, each bound to its place and to the record before it.

    header   8 bytes magic, 16 bytes salt
    record   4 bytes length of what follows, 12 bytes nonce, ciphertext with its 16 byte tag

AES-256-GCM; the key comes from the outbox's key, the salt and the segment's number (HKDF, RFC 5869), so that
overwriting the salt destroys the segment. What is authenticated beside a record is the tag of the one before.
"""

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from offline_queue import files
from offline_queue.witness.record import Begin, Record, decode, encode

MAGIC = b"TCWITN1\n"
_SALT_BYTES, _LENGTH_BYTES, _NONCE_BYTES, _TAG_BYTES = 16, 4, 12, 16
_HEADER_BYTES = len(MAGIC) + _SALT_BYTES
_sync = getattr(os, "fdatasync", os.fsync)  # Windows has the second one alone


@dataclass(frozen=True, slots=True)
class Content:
    """What could be read of a segment. `whole`: nothing is behind the last record that is authentic.

    Behind it may be a record that was being written when the power failed, or damage: the two look the same.
    """

    begin: Begin | None
    records: Sequence[Record]
    whole: bool


class Seal:
    """Seals and unseals the records of one segment, in their order."""

    def __init__(self, key: bytes, number: int, salt: bytes) -> None:
        derived = HKDF(SHA256(), 32, salt, b"telecabine witness %d" % number).derive(key)
        self._cipher = AESGCM(derived)
        self.before = salt

    def sealed(self, record: Record) -> bytes:
        return self.sealed_content(encode(record))

    def sealed_content(self, content: bytes) -> bytes:
        """`content`: a record as this program, or an earlier one, encodes it."""
        # A random nonce: a record that was taken back is followed by another one in the same place.
        nonce = secrets.token_bytes(_NONCE_BYTES)
        body = nonce + self._cipher.encrypt(nonce, content, self.before)
        self.before = body[-_TAG_BYTES:]
        return len(body).to_bytes(_LENGTH_BYTES, "big") + body

    def unsealed(self, body: bytes) -> Record:
        """Raises ValueError: not authentic."""
        try:
            content = self._cipher.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], self.before)
        except InvalidTag as error:
            raise ValueError("a record is not authentic") from error
        self.before = body[-_TAG_BYTES:]
        return decode(content)


class Segment:
    """A segment that is being written. Errors of the disk come as OSError."""

    def __init__(self, path: Path, key: bytes, number: int, records: Sequence[Record]) -> None:
        """Makes the file with its first records; it has its name only when it is wholly on the disk."""
        salt = secrets.token_bytes(_SALT_BYTES)
        self._seal = Seal(key, number, salt)
        content = MAGIC + salt + b"".join(map(self._seal.sealed, records))
        files.replace(path, content)
        self.size = self.began_size = len(content)
        self._file = path.open("r+b", buffering=0)
        self._before: tuple[int, bytes] = (self.size, self._seal.before)

    def append(self, record: Record, *, sync: bool) -> None:
        """`sync`: on the disk when this returns. After an error the segment ends where it ended before."""
        self._before = (self.size, self._seal.before)
        sealed = self._seal.sealed(record)
        try:
            self._write(sealed)
            if sync:
                _sync(self._file.fileno())
        except OSError:
            self.take_back()
            raise

    def take_back(self) -> None:
        """Removes the last record."""
        self.size, self._seal.before = self._before
        self._file.truncate(self.size)
        _sync(self._file.fileno())

    def sync(self) -> None:
        """What was appended without it; only the newest segment may end in a torn record."""
        _sync(self._file.fileno())

    def close(self) -> None:
        self._file.close()

    def _write(self, sealed: bytes) -> None:
        self._file.seek(self.size)
        written = 0
        while written < len(sealed):
            written += self._file.write(sealed[written:])
        self.size += len(sealed)


def read(path: Path, key: bytes, number: int, *, only_begin: bool = False) -> Content:
    """As far as it is authentic. Raises OSError."""
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
        if len(header) < _HEADER_BYTES or not header.startswith(MAGIC):
            return Content(None, (), whole=False)
        seal = Seal(key, number, header[len(MAGIC) :])
        records: list[Record] = []
        whole, left = True, path.stat().st_size - _HEADER_BYTES
        while whole and (length := file.read(_LENGTH_BYTES)):
            left -= _LENGTH_BYTES
            try:  # A damaged length must not ask for gigabytes.
                records.append(seal.unsealed(file.read(min(left, int.from_bytes(length, "big")))))
            except ValueError:
                whole = False
            left -= int.from_bytes(length, "big")
            if only_begin:
                break
    if not records or not isinstance(records[0], Begin):
        return Content(None, (), whole=False)
    return Content(records[0], records[1:], whole)


@contextmanager
def destroyed_afterwards(path: Path) -> Iterator[None]:
    """Once the block has removed or replaced the file: nobody reads it any more, as far as a disk lets us."""
    if os.name == "nt":  # Nothing can be removed there while it is open.
        yield
        return
    with path.open("r+b") as file:
        yield
        file.write(bytes(_HEADER_BYTES))
        file.flush()
        _sync(file.fileno())
