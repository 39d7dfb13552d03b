"""A virtual X server of our own whose screen can be read straight from memory (Xvfb -fbdir)."""

import mmap
import os
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIZE = (1920, 1080)
_HEADER_WORDS = 25  # XWDFileHeader, X11/XWDFile.h; big-endian
_COLOR_BYTES = 12


class XScreen:
    """`display` for children; `pixels` is the live framebuffer, shape (height, width, 4), BGRX."""

    def __init__(self, display: str, memory: mmap.mmap) -> None:
        self.display = display
        words = struct.unpack(f">{_HEADER_WORDS}I", memory[: 4 * _HEADER_WORDS])
        header_bytes, width, height, line_bytes, colors = words[0], words[4], words[5], words[12], words[19]
        start = header_bytes + colors * _COLOR_BYTES
        flat = np.frombuffer(memory, dtype=np.uint8, count=line_bytes * height, offset=start)
        self.pixels: NDArray[np.uint8] = flat.reshape(height, line_bytes // 4, 4)[:, :width]


@contextmanager
def x_screen() -> Iterator[XScreen]:
    with tempfile.TemporaryDirectory(prefix="telecabine-x-") as folder:
        read_end, write_end = os.pipe()
        size = f"{SIZE[0]}x{SIZE[1]}x24"
        server = subprocess.Popen(
            [
                "Xvfb",
                "-displayfd",
                str(write_end),
                "-screen",
                "0",
                size,
                "-fbdir",
                folder,
                "-nolisten",
                "tcp",
            ],
            pass_fds=(write_end,),
            stderr=subprocess.DEVNULL,
        )
        os.close(write_end)
        try:
            with os.fdopen(read_end) as numbers:
                display = f":{numbers.readline().strip()}"
            with Path(folder, "Xvfb_screen0").open("rb") as file:
                memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            yield XScreen(display, memory)
        finally:
            server.terminate()
            server.wait()
