"""The key of the database: 32 random bytes in a file that only its owner can read."""

import os
import secrets
import stat
from pathlib import Path

from offline_queue import files
from offline_queue.errors import OutboxError, OutboxReason, translated
from offline_queue.sentinel import holds_outbox

KEY_BYTES = 32


def load_or_create_key(path: Path, outbox: Path | None = None) -> bytes:
    """The key in `path`; made on first use.

    With `outbox` (the directory that the key opens), a missing key is an error as soon as something is kept
    there: a new key could open nothing, and would sit where the lost one has to be put back.
    Raises OutboxError: KEY_MISSING, KEY_UNREADABLE (also: others may read it), DISK_FULL, IO_FAILED.
    """
    if not path.exists():
        if outbox is not None and holds_outbox(outbox):
            raise OutboxError(OutboxReason.KEY_MISSING, f"{path} is gone, but {outbox} was written with it")
        _create(path)
    return load_key(path)


def load_key(path: Path) -> bytes:
    """The key in `path`. Raises OutboxError: KEY_MISSING or KEY_UNREADABLE."""
    try:
        with path.open("rb") as file:
            _refuse_lax(path, os.fstat(file.fileno()))
            key = file.read(KEY_BYTES + 1)
    except FileNotFoundError as error:
        raise OutboxError(OutboxReason.KEY_MISSING, str(path)) from error
    except OSError as error:
        raise OutboxError(OutboxReason.KEY_UNREADABLE, str(error)) from error
    if len(key) != KEY_BYTES:
        raise OutboxError(OutboxReason.KEY_UNREADABLE, f"{path} does not hold exactly {KEY_BYTES} bytes")
    return key


def staged_key(path: Path) -> Path:
    """Where a new key waits while the outbox is being written anew with it."""
    return path.with_name(f"{path.name}.next")


def replace_key(path: Path, key: bytes) -> None:
    """Raises OutboxError: DISK_FULL, IO_FAILED."""
    with translated():
        files.replace(path, key)


def _refuse_lax(path: Path, found: os.stat_result) -> None:
    if os.name == "nt":  # Access lists, not mode bits: the installer sets those of the folder.
        return
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise OutboxError(OutboxReason.KEY_UNREADABLE, f"others may read {path}: chmod 600 it")
    if found.st_uid not in (0, os.geteuid()):
        raise OutboxError(OutboxReason.KEY_UNREADABLE, f"{path} belongs to another user")


def _create(path: Path) -> None:
    with translated():
        files.make_directory(path.parent)
        temporary = files.write_temporary(path, secrets.token_bytes(KEY_BYTES))
        try:
            files.publish(temporary, path)
        except FileExistsError:
            return  # Another process was faster: its key counts.
