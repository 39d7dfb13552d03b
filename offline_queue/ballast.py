"""Disk space held back, so that a full disk still leaves room to note that an item was delivered."""

import logging
import os
from pathlib import Path

from offline_queue import files

log = logging.getLogger(__name__)

BALLAST = "outbox.ballast"
BALLAST_BYTES = 1_000_000


class Ballast:
    def __init__(self, directory: Path) -> None:
        self._path = directory / BALLAST
        self.held = self._path.exists() and self._path.stat().st_size == BALLAST_BYTES

    def release(self) -> None:
        """Gives the space back to the file system."""
        self._path.unlink(missing_ok=True)
        files.sync_directory(self._path.parent)
        if self.held:
            log.warning("the disk is full: the outbox released its reserve")
        self.held = False

    def hold(self) -> bool:
        """Takes the space again; False while the disk has none."""
        if self.held:
            return True
        try:
            # Random bytes: a file of zeros takes no room where the file system compresses.
            files.replace(self._path, os.urandom(BALLAST_BYTES))
        except OSError as error:
            log.warning("the outbox cannot hold its reserve of disk space: %s", error)
            return False
        self.held = True
        return True
