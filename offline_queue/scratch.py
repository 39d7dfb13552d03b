"""Folders for copies of the outbox: gone afterwards, and those of a program that was killed soon after."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from offline_queue.errors import OutboxError
from offline_queue.lock import alone

_PREFIX = "telecabine-outbox-"
_YOUNG_S = 60.0  # its maker may not hold it yet


@contextmanager
def scratch() -> Iterator[Path]:
    """A new one, readable for us alone. Raises OSError."""
    _sweep(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as folder, alone(Path(folder)):
        yield Path(folder)


def _sweep(places: Path) -> None:
    """What a killed program left is as old as it is dead: what was delivered since must not stay there.

    On Windows nothing says whether it is in use.
    """
    if os.name == "nt":
        return
    for left in places.glob(f"{_PREFIX}*"):
        with suppress(OSError, OutboxError):  # another user's, or still in use
            if time.time() - left.stat().st_mtime > _YOUNG_S:
                with alone(left, 0.0):
                    shutil.rmtree(left)
