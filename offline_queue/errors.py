"""What can go wrong with the outbox, as one exception with a reason."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from sqlcipher3 import dbapi2 as sqlcipher


class OutboxReason(StrEnum):
    WRONG_KEY_OR_DAMAGED = "wrong_key_or_damaged"
    """SQLCipher cannot tell a wrong key from a damaged first page (SQLITE_NOTADB), so neither can we."""
    MISSING = "missing"
    """A database was here (or held more than it does now); it is never silently made anew."""
    OLDER = "older"
    """The outbox knows less than it once did: files were put back from an earlier time."""
    SWAPPED = "swapped"
    """This kiosk's, but another outbox than the one it had."""
    NOT_OURS = "not_ours"
    DISK_FULL = "disk_full"
    BUSY = "busy"
    """Another process holds the outbox open."""
    NEWER_SCHEMA = "newer_schema"
    KEY_MISSING = "key_missing"
    KEY_UNREADABLE = "key_unreadable"
    KEY_NOT_UNSEALED = "key_not_unsealed"
    """The security chip that sealed the key does not open it: replaced, cleared, off, or not allowed."""
    NO_CHIP = "no_chip"
    """No security chip could seal a key."""
    CONFLICT = "conflict"
    """The same id was stored before with other content."""
    IO_FAILED = "io_failed"
    """The disk refuses to read or write, and not because it is full."""


class OutboxError(Exception):
    def __init__(self, reason: OutboxReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


_REASON_OF_CODE = {
    sqlcipher.SQLITE_NOTADB: OutboxReason.WRONG_KEY_OR_DAMAGED,
    sqlcipher.SQLITE_CORRUPT: OutboxReason.WRONG_KEY_OR_DAMAGED,
    sqlcipher.SQLITE_FULL: OutboxReason.DISK_FULL,
    sqlcipher.SQLITE_BUSY: OutboxReason.BUSY,
    sqlcipher.SQLITE_LOCKED: OutboxReason.BUSY,
    sqlcipher.SQLITE_IOERR: OutboxReason.IO_FAILED,
    sqlcipher.SQLITE_READONLY: OutboxReason.IO_FAILED,
    sqlcipher.SQLITE_CANTOPEN: OutboxReason.IO_FAILED,
    sqlcipher.SQLITE_PERM: OutboxReason.IO_FAILED,
}
_NO_SPACE = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}


TRANSLATED = (sqlcipher.Error, OSError)


@contextmanager
def translated() -> Iterator[None]:
    """Turns errors of SQLite and of the file system into OutboxError; a fault of the program stays itself."""
    try:
        yield
    except TRANSLATED as error:
        if (meaning := meaning_of(error)) is None:
            raise
        raise meaning from error


def meaning_of(error: Exception) -> OutboxError | None:
    """Of what is `TRANSLATED`; None: a fault of the program."""
    if isinstance(error, OSError):
        full = error.errno in _NO_SPACE
        return OutboxError(OutboxReason.DISK_FULL if full else OutboxReason.IO_FAILED, str(error))
    # The low byte is the primary result code (https://sqlite.org/rescode.html).
    reason = _REASON_OF_CODE.get((getattr(error, "sqlite_errorcode", None) or 0) & 0xFF)
    return None if reason is None else OutboxError(reason, str(error))
