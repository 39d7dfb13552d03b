"""A disk that notes what is written to it, block by block: a plugin for nbdkit (`nbdkit python recorder.py`).

`image=FILE` holds the blocks; `trace=FILE` gets one entry for each write and each flush: the time (seconds,
CLOCK_MONOTONIC), what it was, where, how long, and the bytes.
"""

import struct
import time
from pathlib import Path
from typing import Any

API_VERSION = 2
HEAD = struct.Struct("<d1sQI")
WRITE, FLUSH = b"w", b"f"

_files: dict[str, Any] = {}


def config(key: str, value: str) -> None:
    _files[key] = Path(value).open("r+b" if key == "image" else "wb", buffering=0)  # noqa: SIM115 - for life


def get_size(_handle: Any) -> int:
    return int(_files["image"].seek(0, 2))


def open(_readonly: bool) -> int:  # nbdkit's name for it
    return 1


def pread(_handle: Any, into: Any, offset: int, _flags: int) -> None:
    _files["image"].seek(offset)
    into[:] = _files["image"].read(len(into))


def pwrite(_handle: Any, data: Any, offset: int, _flags: int) -> None:
    _files["image"].seek(offset)
    _files["image"].write(data)
    _note(WRITE, offset, bytes(data))


def flush(_handle: Any, _flags: int) -> None:
    _note(FLUSH, 0, b"")


def _note(what: bytes, offset: int, data: bytes) -> None:
    _files["trace"].write(HEAD.pack(time.monotonic(), what, offset, len(data)) + data)
