"""What the disk shim wrote down."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_HEAD = struct.Struct("<cHHQI")


@dataclass(frozen=True, slots=True)
class Step:
    """c made, w written, t cut at `offset`, s synced, d folder synced, r renamed, l linked, u gone."""

    what: str
    name: str
    other: str
    offset: int
    data: bytes


def read_trace(path: Path) -> Iterator[Step]:
    with path.open("rb") as file:
        while head := file.read(_HEAD.size):
            what, name, other, offset, size = _HEAD.unpack(head)
            yield Step(
                what.decode(), file.read(name).decode(), file.read(other).decode(), offset, file.read(size)
            )
