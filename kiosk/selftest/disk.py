"""The disk under the records: room for them, and what is written there comes back."""

import errno
import os
import shutil
import tempfile
from pathlib import Path

from kiosk.selftest.report import Check, Part, Problem, amber, green, red

ROOM_AMBER_BYTES = 2 * 1024**3
ROOM_RED_BYTES = 64 * 1024**2
PROBE_BYTES = 256 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT)


def check_disk(directory: Path) -> Check:
    """Where the records wait. Blocks for as long as the disk takes."""
    free = shutil.disk_usage(_nearest(directory)).free
    detail = f"{free // 1024**2} MiB"
    if free < ROOM_RED_BYTES:
        return red(Part.DISK, Problem.NEARLY_FULL, detail=detail)
    try:
        same = not directory.exists() or _comes_back(directory)
    except OSError as error:
        problem = Problem.NEARLY_FULL if error.errno in _FULL else Problem.NOT_WRITABLE
        return red(Part.DISK, problem, detail=errno.errorcode.get(error.errno or 0, "OSError"))
    if not same:
        return red(Part.DISK, Problem.READ_BACK_WRONG, detail=detail)
    if free < ROOM_AMBER_BYTES:
        return amber(Part.DISK, Problem.NEARLY_FULL, detail=detail)
    return green(Part.DISK, detail=detail)


def _comes_back(directory: Path) -> bool:
    """Write, make durable, forget the copy in memory, read. Raises OSError."""
    written = os.urandom(PROBE_BYTES)
    file, name = tempfile.mkstemp(prefix="selftest-", dir=directory)
    try:
        os.write(file, written)
        os.fsync(file)
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.lseek(file, 0, os.SEEK_SET)
        return os.read(file, PROBE_BYTES) == written
    finally:
        os.close(file)
        Path(name).unlink()


def _nearest(directory: Path) -> Path:
    """The directory itself, or the closest parent that exists already."""
    while not directory.exists():
        directory = directory.parent
    return directory
