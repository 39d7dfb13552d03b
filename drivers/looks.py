"""A look at what is plugged in costs milliseconds, several times a second: not while nothing came or went.

The kernel makes a node below /dev for each port, camera and USB device before it tells anybody, and removes
it before the rest of it goes (Linux drivers/base/core.c, device_add and device_del).
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")

_DEV, _USB = Path("/dev"), Path("/dev/bus/usb")
_SETTLED_S = 2.0
"""After a change, so long until what there is to see of it is there, or gone."""


class Looks(Generic[T]):
    """Of one who looks again and again. Elsewhere than on Linux each look is made."""

    def __init__(self) -> None:
        self._found: T | None = None
        self._settled: Callable[[], T] | None = None
        self._stamp: object = None
        self._since_s = 0.0

    def found(self, look: Callable[[], T]) -> T:
        """What it finds, or what the same look found before. `look` returns something, never None."""
        stamp = _stamp()
        if stamp != self._stamp:
            self._stamp, self._since_s, self._settled = stamp, time.monotonic(), None
        if self._found is None or stamp is None or look != self._settled:
            begun_s = time.monotonic()
            self._found = look()
            self._settled = look if begun_s - self._since_s > _SETTLED_S else None
        return self._found


def _stamp() -> object:
    """Another one after each change; None: nobody can tell."""
    if sys.platform != "linux":
        return None
    try:
        folders = [_DEV, *_USB.iterdir()] if _USB.exists() else [_DEV]
        return [folder.stat().st_mtime_ns for folder in folders]
    except OSError:  # a bus that went away meanwhile
        return None
