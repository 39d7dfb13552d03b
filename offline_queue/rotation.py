"""A new key for the outbox: everything is written anew beside the old one, then the two change places.

Killed at any moment, either the old outbox with the old key is whole, or the new one with the new key;
`finish` says which, and must come before whatever opens it for writing. What the chip sealed stays sealed.
"""

import secrets
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path

from offline_queue import files
from offline_queue.errors import OutboxError, OutboxReason, translated
from offline_queue.keys import (
    KEY_BYTES,
    load_key,
    load_or_create_key,
    replace_key,
    same_slot,
    sealed_file,
    staged_key,
)
from offline_queue.lock import Lock, alone
from offline_queue.outcome import Backoff
from offline_queue.rebuild import write_anew
from offline_queue.reconcile import Found
from offline_queue.sealing import end_sealing
from offline_queue.slots import read_slots, reseal, write_slots
from offline_queue.store import Store
from offline_queue.tpm import NO_CHIP, Chip


def rotate(
    directory: Path, key_file: Path, owner: str, chip: Chip = NO_CHIP, outside: Path | None = None
) -> None:
    """The kiosk must not run (OutboxError BUSY). Other errors as for opening; nothing is changed then.

    `outside`: the second mark. The old key goes: it must not be that of an outbox which lies elsewhere.

    NO_CHIP: the key is sealed, and the chip seals no other.
    """
    finish(directory, key_file)
    with alone(key_file.parent):  # nobody moves the key into the chip, or out of it, meanwhile
        lock = Lock(directory)
        try:
            _rotate(directory, key_file, owner, chip, lock, outside)
        finally:
            lock.release()


def _rotate(
    directory: Path, key_file: Path, owner: str, chip: Chip, lock: Lock, outside: Path | None
) -> None:
    key = secrets.token_bytes(KEY_BYTES)
    end_sealing(key_file, chip)  # a file that is left would keep the old key
    old, (place, content) = load_key(key_file, chip), same_slot(key_file, key, chip)
    _refuse_damaged(directory, old, owner, lock, outside)
    fresh = _beside(directory, "rotating")
    fresh_lock = Lock(fresh)  # It is opened by nobody else when the two change places.
    try:
        _write_anew(directory, old, owner, fresh, key)
        Store(fresh, key, owner, Backoff(), fresh_lock).close()  # so that it has a copy of its slots' file
        with translated():
            replace_key(staged_key(place), content)
            directory.rename(_beside(directory, "rotated"))
            files.sync_directory(directory.parent)
        _finish(directory, key_file)
    finally:
        fresh_lock.release()


def _write_anew(directory: Path, key: bytes, owner: str, fresh: Path, new_key: bytes) -> None:
    with translated():
        write_anew(directory, key, owner, fresh, new_key)
        write_slots(fresh, reseal(new_key, read_slots(directory)))
        files.sync_directory(fresh)


def ready_key(directory: Path, key_file: Path, chip: Chip = NO_CHIP, patience_s: float = 0.0) -> bytes:
    """The key of the outbox in `directory`, made on first use; see `load_or_create_key` for the errors.

    A chip takes 0.1 to 1 s: not on an event loop. One that does not open it is asked for `patience_s`.
    """
    finish(directory, key_file)
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return load_or_create_key(key_file, directory, chip)
        except OutboxError as error:
            if error.reason is not OutboxReason.KEY_NOT_UNSEALED or time.monotonic() >= deadline:
                raise
        time.sleep(0.2)


def finish(directory: Path, key_file: Path) -> None:
    """Ends a change of the key that was cut short, forwards or backwards. OutboxError BUSY: it goes on."""
    pending = (_beside(directory, "rotating"), _beside(directory, "rotated"), *_staged(key_file))
    with translated():
        files.sweep(key_file.parent, key_file.name)
    if not any(path.exists() for path in pending):
        return
    held = directory if directory.exists() else _beside(directory, "rotating")
    lock = Lock(held)
    try:
        _finish(directory, key_file)
    finally:
        lock.release()


def _finish(directory: Path, key_file: Path) -> None:
    rotating, rotated = _beside(directory, "rotating"), _beside(directory, "rotated")
    with translated():
        if rotated.exists():  # From here on there is only the way forward.
            if rotating.exists() and directory.exists():  # Somebody began another one: not ours to delete.
                directory.rename(_beside(directory, f"found-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"))
            if not directory.exists():
                rotating.rename(directory)
                files.sync_directory(directory.parent)
            for staged, place in _staged(key_file).items():
                if staged.exists():
                    staged.replace(place)
                    files.sync_directory(key_file.parent)
            shutil.rmtree(rotated)
        else:
            shutil.rmtree(rotating, ignore_errors=True)
            for staged in _staged(key_file):
                staged.unlink(missing_ok=True)


def _staged(key_file: Path) -> dict[Path, Path]:
    """Where a new key may wait, and whose place it takes then."""
    return {staged_key(place): place for place in (key_file, sealed_file(key_file))}


def _refuse_damaged(directory: Path, key: bytes, owner: str, lock: Lock, outside: Path | None) -> None:
    """Also one that is missing, older or another: as the kiosk's own start does."""
    store = Store(directory, key, owner, Backoff(), lock, outside=outside)
    try:
        while store.verify_next():
            pass
        if any(finding.found is Found.DATABASE_DAMAGED for finding in store.findings):
            detail = "the database is damaged: `outbox recover` comes first"
            raise OutboxError(OutboxReason.WRONG_KEY_OR_DAMAGED, detail)
    finally:
        store.close()


def _beside(directory: Path, what: str) -> Path:
    return directory.with_name(f"{directory.name}.{what}")
