"""A new key for the outbox: everything is written anew beside the old one, then the two change places.

Killed at any moment, either the old outbox with the old key is whole, or the new one with the new key;
`finish` says which, and must come before whatever opens it for writing.
"""

import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path

from offline_queue import files
from offline_queue.errors import OutboxError, OutboxReason, translated
from offline_queue.keys import KEY_BYTES, load_key, load_or_create_key, replace_key, staged_key
from offline_queue.lock import Lock
from offline_queue.outcome import Backoff
from offline_queue.rebuild import write_anew
from offline_queue.reconcile import Found
from offline_queue.slots import read_slots, reseal, write_slots
from offline_queue.store import Store


def rotate(directory: Path, key_file: Path, owner: str) -> None:
    """The kiosk must not run (OutboxError BUSY). Other errors as for opening; nothing is changed then."""
    finish(directory, key_file)
    lock, key = Lock(directory), secrets.token_bytes(KEY_BYTES)
    try:
        fresh = _beside(directory, "rotating")
        fresh_lock = Lock(fresh)  # It is opened by nobody else when the two change places.
        try:
            _write_anew(directory, load_key(key_file), owner, fresh, key, lock)
            with translated():
                replace_key(staged_key(key_file), key)
                directory.rename(_beside(directory, "rotated"))
                files.sync_directory(directory.parent)
            _finish(directory, key_file)
        finally:
            fresh_lock.release()
    finally:
        lock.release()


def _write_anew(directory: Path, key: bytes, owner: str, fresh: Path, new_key: bytes, lock: Lock) -> None:
    store = Store(directory, key, owner, Backoff(), lock)
    try:
        _refuse_damaged(store)
    finally:
        store.close()
    with translated():
        write_anew(directory, key, owner, fresh, new_key)
        write_slots(fresh, reseal(new_key, read_slots(directory)))
        files.sync_directory(fresh)


def ready_key(directory: Path, key_file: Path) -> bytes:
    """The key of the outbox in `directory`, made on first use; see `load_or_create_key` for the errors."""
    finish(directory, key_file)
    return load_or_create_key(key_file, directory)


def finish(directory: Path, key_file: Path) -> None:
    """Ends a change of the key that was cut short, forwards or backwards. OutboxError BUSY: it goes on."""
    pending = (_beside(directory, "rotating"), _beside(directory, "rotated"), staged_key(key_file))
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
    rotating, rotated, staged = (
        _beside(directory, "rotating"),
        _beside(directory, "rotated"),
        staged_key(key_file),
    )
    with translated():
        if rotated.exists():  # From here on there is only the way forward.
            if rotating.exists() and directory.exists():  # Somebody began another one: not ours to delete.
                directory.rename(_beside(directory, f"found-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"))
            if not directory.exists():
                rotating.rename(directory)
                files.sync_directory(directory.parent)
            if staged.exists():
                staged.replace(key_file)
                files.sync_directory(key_file.parent)
            shutil.rmtree(rotated)
        else:
            shutil.rmtree(rotating, ignore_errors=True)
            staged.unlink(missing_ok=True)


def _refuse_damaged(store: Store) -> None:
    while store.verify_next():
        pass
    if any(finding.found is Found.DATABASE_DAMAGED for finding in store.findings):
        raise OutboxError(
            OutboxReason.WRONG_KEY_OR_DAMAGED, "the database is damaged: `outbox recover` comes first"
        )


def _beside(directory: Path, what: str) -> Path:
    return directory.with_name(f"{directory.name}.{what}")
