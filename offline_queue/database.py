"""Opening the encrypted database: never an empty one by accident, never a new one in place of a lost one."""

from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2 as sqlcipher

from offline_queue import files
from offline_queue.errors import OutboxError, OutboxReason, translated
from offline_queue.keys import KEY_BYTES
from offline_queue.lock import BUSY_TIMEOUT_S
from offline_queue.migrate import migrate, schema_version
from offline_queue.sentinel import DATABASE, holds_outbox, read_mark

PAGE_BYTES = 4096
CHECKPOINT_PAGES = 128
CHECKPOINT_BYTES = CHECKPOINT_PAGES * PAGE_BYTES
"""From here on the write-ahead log goes into the database: half the reserve, which can always pay for it."""
# What the write-ahead log reaches with its headers, and a transaction that is larger than most, before a
# checkpoint empties it. With less, each checkpoint would cut the file and each next write lengthen it again.
_WAL_BYTES = 32 + (CHECKPOINT_PAGES + 32) * (24 + PAGE_BYTES)


def open_database(directory: Path, key: bytes, owner: str) -> Any:
    """A connection to the outbox in `directory`, made on first use, brought to the present schema.

    It belongs to the calling thread. Raises OutboxError (every reason but the KEY_ ones).
    """
    check_key(key)
    with translated():
        if not holds_outbox(directory):
            _create(directory, key, owner)
        return open_existing(directory, key, owner)


def check_key(key: bytes) -> None:
    """Raises OutboxError: SQLCipher would take an empty key for "do not encrypt"."""
    if len(key) != KEY_BYTES:
        raise OutboxError(OutboxReason.WRONG_KEY_OR_DAMAGED, f"the key must have {KEY_BYTES} bytes")


def _create(directory: Path, key: bytes, owner: str) -> None:
    """Under another name first: a crash on the way leaves nothing that looks like an outbox."""
    files.make_directory(directory)
    temporary = files.write_temporary(directory / DATABASE, b"")
    try:
        make_empty(temporary, key, owner)
    except BaseException:
        for leftover in directory.glob(f"{temporary.name}*"):
            leftover.unlink()
        raise
    try:
        files.publish(temporary, directory / DATABASE)
    except FileExistsError:
        return  # Another process was faster: its database counts.


def make_empty(path: Path, key: bytes, owner: str) -> None:
    """The tables, in a file that is still empty."""
    connection = connect(path, key, new=True)
    try:
        migrate(connection)
        connection.execute("INSERT INTO identity (one, owner) VALUES (1, ?)", (owner,))
        into_one_file(connection)
    finally:
        connection.close()


def into_one_file(connection: Any) -> None:
    """Before the database gets another name, under which its write-ahead log would not be found. Closing does
    the same, but says nothing when it fails. OutboxError DISK_FULL, or SQLite's errors: it is not done."""
    busy, in_log, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy or in_log:
        raise OutboxError(OutboxReason.DISK_FULL, "no room to put the database into one file")


def open_existing(directory: Path, key: bytes, owner: str) -> Any:
    """As `open_database`, but never makes one. Raises also SQLite's errors."""
    path = directory / DATABASE
    if not path.exists() or path.stat().st_size == 0:
        raise OutboxError(OutboxReason.MISSING, f"{path} is gone or empty, although an outbox was here")
    connection = connect(path, key)
    try:
        _check(connection, directory, owner)
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: Any, directory: Path, owner: str) -> None:
    if schema_version(connection) == 0:
        raise OutboxError(OutboxReason.MISSING, "the database is empty, although an outbox was here")
    row = connection.execute("SELECT owner FROM identity").fetchone()
    if row is None or row[0] != owner:
        raise OutboxError(OutboxReason.NOT_OURS, f"the outbox belongs to {row and row[0]}, not to {owner}")
    mark = read_mark(directory)
    if mark is not None and mark.owner != owner:
        raise OutboxError(OutboxReason.NOT_OURS, f"the outbox belongs to {mark.owner}, not to {owner}")


def connect(path: Path, key: bytes, *, new: bool = False) -> Any:
    """To a file that is there, however it looks; errors are SQLite's."""
    # mode=rw: SQLite must not make the file when it is missing.
    uri = path.absolute().as_uri() + "?mode=rw"
    connection = sqlcipher.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        _configure(connection, key, new)
    except BaseException:
        connection.close()
        raise
    return connection


def _configure(connection: Any, key: bytes, new: bool) -> None:
    connection.execute("PRAGMA cipher_log_level = NONE")  # what it would print, OutboxError says
    # A raw key skips the key derivation (240 ms).
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    if new:  # Counts only before the first page is written, which the next line does.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise OutboxError(OutboxReason.IO_FAILED, f"this file system gives no write-ahead log ({mode})")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
    connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
