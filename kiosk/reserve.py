"""Room on the disk for the consultation under way: a full disk refuses the next one, not its readings."""

import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path

_MB = 1_000_000

log = logging.getLogger(__name__)


class Reserve:
    """A file that takes room until a consultation needs it. Its methods block for a moment."""

    def __init__(self, path: Path, size_mb: int) -> None:
        """0 MB: nothing is held back, and every consultation may begin."""
        self._path = path
        self._size_bytes = size_mb * _MB

    def hold(self) -> bool:
        """Takes the room unless it is held; twice as much must be free. False: the disk has none to spare."""
        if self._size_bytes and self._is_held():
            return True
        try:
            self._path.unlink(missing_ok=True)  # of another size
            if shutil.disk_usage(self._path.parent).free >= 2 * self._size_bytes:
                self._take()
                return True
        except OSError as error:
            log.warning("no room on the disk can be held back: %s", error)
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
        return not self._size_bytes

    def release(self) -> bool:
        """Gives the room to whoever writes. False: there was none."""
        if not self._size_bytes or not self._is_held():
            return False
        log.warning("the disk is full: what was held back is for the consultation under way")
        try:
            self._path.unlink()
        except OSError as error:
            log.warning("the room that was held back cannot be given: %s", error)
            return False
        return True

    def _is_held(self) -> bool:
        with suppress(OSError):
            return self._path.stat().st_size == self._size_bytes
        return False

    def _take(self) -> None:
        if not self._size_bytes:
            return
        with self._path.open("wb") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, self._size_bytes)
                return
            for _ in range(self._size_bytes // _MB):  # random: zeros take no room where files are compressed
                file.write(os.urandom(_MB))
