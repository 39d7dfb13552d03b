"""Who has an outbox open holds its lock: the database's own one tells nothing when that is damaged."""

import os
import sys
import time
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
        deadline = time.monotonic() + BUSY_TIMEOUT_S
        while not _taken(self._handle):
            if time.monotonic() >= deadline:
                os.close(self._handle)
                raise OutboxError(OutboxReason.BUSY, f"{directory} is open in another program")
            time.sleep(0.05)

    def release(self) -> None:
        os.close(self._handle)


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
