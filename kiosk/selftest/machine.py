"""The machine itself: disk, clock, key, and what waits in the store."""

import os
import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path

from kiosk.selftest.report import Check, Part, Problem, amber, green, red
from offline_queue.outbox import Counts

ROOM_AMBER_BYTES = 2 * 1024**3
ROOM_RED_BYTES = 64 * 1024**2
BUILT_AFTER = datetime(2026, 11, 1, tzinfo=UTC)


def check_disk(directory: Path) -> Check:
    """Free room where the records wait."""
    free = shutil.disk_usage(_nearest(directory)).free
    detail = f"{free // 1024**2} MiB"
    if free < ROOM_RED_BYTES:
        return red(Part.DISK, Problem.NEARLY_FULL, detail=detail)
    if free < ROOM_AMBER_BYTES:
        return amber(Part.DISK, Problem.NEARLY_FULL, detail=detail)
    return green(Part.DISK, detail=detail)


def check_counts(counts: Counts) -> Check:
    """The store opened with its key. What waits is normal, what the server refused is not."""
    if counts.quarantined:
        return amber(Part.STORE, Problem.RECORDS_REFUSED, detail=str(counts.quarantined))
    return green(Part.STORE)


def check_clock() -> Check:
    """A clock that stands before this program was made is certainly wrong."""
    now = datetime.now(UTC)
    if now < BUILT_AFTER:
        return red(Part.CLOCK, Problem.WRONG_TIME, detail=now.isoformat(timespec="minutes"))
    return green(Part.CLOCK, detail=now.astimezone().isoformat(timespec="minutes"))


def check_key(path: Path) -> Check:
    """The database key: there, and readable by nobody else. A file is weaker than a TPM, and that is said."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return amber(Part.KEY, Problem.NOT_FOUND)
    if stat.S_IMODE(mode) & 0o077:
        return red(Part.KEY, Problem.KEY_READABLE_BY_OTHERS)
    return amber(Part.KEY, Problem.KEY_NOT_IN_TPM) if os.name == "posix" else green(Part.KEY)


def _nearest(directory: Path) -> Path:
    """The directory itself, or the closest parent that exists already."""
    while not directory.exists():
        directory = directory.parent
    return directory
