"""A new key for the outbox: everything is written anew beside the old one, then the two change places.

Killed at any moment, either the old outbox with the old key is whole, or the new one with the new key;
`finish` says which, and must come before whatever opens it for writing.
"""

import secrets
import shutil
from pathlib import Path

from offline_queue import files
from offline_queue.errors import OutboxError, OutboxReason, translated
from offline_queue.keys import KEY_BYTES, load_key, load_or_create_key, replace_key, staged_key
from offline_queue.outcome import Backoff
from offline_queue.rebuild import write_anew
from offline_queue.reconcile import Found
from offline_queue.slots import read_slots, reseal, write_slots
from offline_queue.store import Store


def rotate(directory: Path, key_file: Path, owner: str) -> None:
    """The kiosk must not run (OutboxError BUSY). Other errors as for opening; nothing is changed then."""
    finish(directory, key_file)
    store = Store(directory, load_key(key_file), owner, Backoff())
    try:
        _refuse_damaged(store)
        key = secrets.token_bytes(KEY_BYTES)
        fresh = _beside(directory, "rotating")
        with translated():
            files.make_directory(fresh)
            write_anew(directory, load_key(key_file), owner, fresh, key)
            write_slots(fresh, reseal(key, read_slots(directory)))
            replace_key(staged_key(key_file), key)
            files.sync_directory(fresh)
    finally:
        store.close()
    with translated():
        directory.rename(_beside(directory, "rotated"))
        files.sync_directory(directory.parent)
    finish(directory, key_file)


def ready_key(directory: Path, key_file: Path) -> bytes:
    """The key of the outbox in `directory`, made on first use; see `load_or_create_key` for the errors."""
    finish(directory, key_file)
    return load_or_create_key(key_file, directory)


def finish(directory: Path, key_file: Path) -> None:
    """Ends a change of the key that was cut short, forwards or backwards."""
    rotating, rotated, staged = (
        _beside(directory, "rotating"),
        _beside(directory, "rotated"),
        staged_key(key_file),
    )
    with translated():
        files.sweep(key_file.parent, key_file.name)
        if rotated.exists() and not (directory.exists() or rotating.exists()):
            rotated.rename(directory)
        if rotated.exists():  # From here on there is only the way forward.
            if not directory.exists():
                rotating.rename(directory)
                files.sync_directory(directory.parent)
            if staged.exists():
                staged.replace(key_file)
                files.sync_directory(key_file.parent)
            shutil.rmtree(rotated)
        elif rotating.exists() or staged.exists():
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
