"""What instruments really sent, kept in a file of lines for whoever has to find out what is wrong with one.

It holds measurements of whoever was measured meanwhile: a technician's own finger, never a patient's.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import TextIO

from drivers.stamp import DeviceClock

MOST_BYTES = 50_000_000  # some hours of everything

CONNECTED = "connected"
CLOCK = "clock"
LOST = "lost"
"""Marks among the pieces, in place of a source: here a connection began; this is what its instrument's clock
showed and was set to (a packed `DeviceClock`); here values came faster than they could be taken.
"""


@dataclass(frozen=True, slots=True)
class Raw:
    """A piece as it came: `id` of the instrument, `device` of the catalogue, `source` a characteristic or "",
    or one of the marks above.

    `at_s`: since some moment that is the same for the whole file.
    """

    at_s: float
    id: str
    device: str
    source: str
    data: bytes


Tap = Callable[[str, str, str, bytes], None]
"""Is told of each piece: `id`, `device`, `source`, `data`."""


def no_tap(_id: str, _device: str, _source: str, _data: bytes) -> None:
    """Nobody wants to know."""


class RawError(ValueError):
    """A line that is none of a capture."""

    def __init__(self, number: int) -> None:
        super().__init__(f"line {number} is not one of a capture")
        self.number = number


class RawFile:
    """Writes pieces until the file has `most_bytes`, or the disk is full; `filled` is called once then."""

    def __init__(
        self,
        file: TextIO,
        clock: Callable[[], float],
        filled: Callable[[], None] = lambda: None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._file = file
        self._clock = clock
        self._filled = filled
        self._began_s = clock()
        self._left_bytes = most_bytes

    def note(self, id_: str, device: str, source: str, data: bytes) -> None:
        """A `Tap`."""
        if self._left_bytes <= 0:
            return
        piece = Raw(round(self._clock() - self._began_s, 6), id_, device, source, data)
        line = json.dumps(asdict(piece) | {"data": data.hex()}) + "\n"
        self._left_bytes -= len(line)
        try:
            self._file.write(line)
            self._file.flush()
        except OSError:  # a full disk: the instruments go on
            self._left_bytes = 0
        if self._left_bytes <= 0:
            self._filled()


def read(path: Path) -> Iterator[Raw]:
    """The pieces of a capture. Raises RawError, or OSError."""
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            yield _piece(number, line)


def _piece(number: int, line: str) -> Raw:
    try:
        found = json.loads(line)
        piece = Raw(
            float(found["at_s"]), found["id"], found["device"], found["source"], bytes.fromhex(found["data"])
        )
        if piece.source == CLOCK:
            DeviceClock.unpacked(piece.data)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RawError(number) from error
    texts = (piece.id, piece.device, piece.source)
    if not all(isinstance(text, str) for text in texts) or not isfinite(piece.at_s):
        raise RawError(number)
    return piece
