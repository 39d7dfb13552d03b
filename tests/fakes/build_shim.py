"""Compiles the V4L2 shim into .lab/ when it is missing or older than its source. Prints its path."""

import os
import subprocess
import tempfile
from pathlib import Path

SOURCE = Path(__file__).with_name("v4l2_shim.c")
SHIM = Path(__file__).resolve().parents[2] / ".lab" / "v4l2_shim.so"
FLAGS = ("-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared")


def build_shim() -> Path:
    """The path of the library for LD_PRELOAD; needs gcc. Safe when two processes build at once."""
    if SHIM.exists() and SHIM.stat().st_mtime >= SOURCE.stat().st_mtime:
        return SHIM
    SHIM.parent.mkdir(exist_ok=True)
    handle, fresh = tempfile.mkstemp(dir=SHIM.parent, suffix=".so")
    os.close(handle)
    subprocess.run(["gcc", *FLAGS, "-o", fresh, str(SOURCE), "-ldl", "-lpthread"], check=True)
    Path(fresh).replace(SHIM)
    return SHIM


if __name__ == "__main__":
    print(build_shim())
