"""The old database, out of the way of a new one that is made of it.

Until the new one is in its place the old one lies under a name that is always the same: whoever was killed in
between is not told that it is lost, but looks there once more (`snapshot.copied`).
"""

from datetime import UTC, datetime
from pathlib import Path

from offline_queue import files
from offline_queue.sentinel import DATABASE, RECOVERING

FILES = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm")


def set_aside(directory: Path) -> None:
    """The database first: nobody opens what is left, and a write-ahead log never meets the new one."""
    aside = directory / RECOVERING
    files.make_directory(aside)
    files.sync_directory(directory)
    for name in FILES:
        if (directory / name).exists():
            (directory / name).rename(aside / name)
            files.sync_directory(aside)
            files.sync_directory(directory)


def name_aside(directory: Path) -> Path:
    """The new database is in its place: where the old files lie from now on."""
    aside = directory / f"damaged-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
    (directory / RECOVERING).rename(aside)
    files.sync_directory(directory)
    return aside


def end_recovery(directory: Path) -> None:
    """Of a `recover` that was killed with only that left to do. For who holds the outbox."""
    if (directory / RECOVERING).exists() and (directory / DATABASE).exists():
        name_aside(directory)
