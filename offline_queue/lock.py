"""Who has an outbox open holds its lock: the database's own one tells nothing when that is damaged."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from offline_queue import files
from offline_queue.errors import OutboxError, OutboxReason, translated

LOCK = "outbox.lock"
BUSY_TIMEOUT_S = 1.0
"""A predecessor that is just being killed may hold it a moment longer."""


class Lock:
    """Held from the beginning; the system lets go of it when the process ends, however it ends."""

    def __init__(self, directory: Path) -> None:
        """Makes the folder when there is none. OutboxError: BUSY, or what the disk refuses."""
        with translated():
            files.make_directory(directory)
            self._handle = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        _take(self._handle, directory, BUSY_TIMEOUT_S)

    def release(self) -> None:
        os.close(self._handle)


@contextmanager
def alone(directory: Path, timeout_s: float = BUSY_TIMEOUT_S) -> Iterator[None]:
    """Nobody else who asks so is at work on what lies in the folder itself (made when there is none). Not on
    Windows, where a folder cannot be opened. OutboxError: BUSY, or what the disk refuses.
    """
    with translated():
        files.make_directory(directory)
    if os.name == "nt":
        yield
        return
    with translated():
        handle = os.open(directory, os.O_RDONLY)
    _take(handle, directory, timeout_s)
    try:
        yield
    finally:
        os.close(handle)


def _take(handle: int, directory: Path, timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not _taken(handle):
        if time.monotonic() >= deadline:
            os.close(handle)
            raise OutboxError(OutboxReason.BUSY, f"{directory} is open in another program")
        time.sleep(0.05)


if sys.platform == "win32":
    import msvcrt

    def _taken(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _taken(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
