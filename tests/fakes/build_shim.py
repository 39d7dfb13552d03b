"""Compiles libraries for LD_PRELOAD into .lab/ when their source is newer; prints the paths for tests."""

import os
import subprocess
import tempfile
from pathlib import Path

SOURCE = Path(__file__).with_name("v4l2_shim.c")
HIDRAW_SOURCE = Path(__file__).with_name("hidraw_shim.c")
USBFS_SOURCE = Path(__file__).with_name("usbfs_shim.c")
FOLDER = Path(__file__).resolve().parents[2] / ".lab"
FLAGS = ("-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared")


def build_shim(source: Path = SOURCE) -> Path:
    """The path of the library; needs gcc. Safe when two processes build at once."""
    shim = FOLDER / f"{source.stem}.so"
    if shim.exists() and shim.stat().st_mtime >= source.stat().st_mtime:
        return shim
    FOLDER.mkdir(exist_ok=True)
    handle, fresh = tempfile.mkstemp(dir=FOLDER, suffix=".so")
    os.close(handle)
    subprocess.run(["gcc", *FLAGS, "-o", fresh, str(source), "-ldl", "-lpthread"], check=True)
    Path(fresh).replace(shim)
    return shim


if __name__ == "__main__":
    print(":".join(str(build_shim(source)) for source in (SOURCE, HIDRAW_SOURCE, USBFS_SOURCE)))
