"""The door to the disk shim: lets the steps of one folder be written down, or one of them fail."""

import ctypes
import os
from pathlib import Path

from tests.fakes.build_shim import build_shim

SOURCE = Path(__file__).with_name("disk_shim.c")
KILL = -1


def environment() -> dict[str, str]:
    """For a process that calls `watch`."""
    return {**os.environ, "LD_PRELOAD": str(build_shim(SOURCE))}


def watch(folder: Path, trace: Path | None = None, fail_at: int = 0, fail_with: int = 0) -> None:
    """From now on. Step `fail_at` (from 1) fails with that errno, or the process dies in it (KILL)."""
    file = None if trace is None else str(trace).encode()
    ctypes.CDLL(None).telecabine_disk(str(folder).encode(), file, ctypes.c_long(fail_at), fail_with)


def steps() -> int:
    """How many there were since `watch`."""
    count = ctypes.CDLL(None).telecabine_disk_steps
    count.restype = ctypes.c_long
    return int(count())
