"""An input of the fuzzer, read as what a decoder is fed.

Pieces: which source speaks (one byte), how many bytes follow (one byte), the bytes. Every input can be read,
and what was found can be fed again byte for byte.
"""

from collections.abc import Iterable
from enum import Enum
from functools import cache
from zlib import crc32

from devices import catalog
from devices.device import BleMatch
from tests.devices import vectors

LONGEST = 1024  # bytes
_LONGEST_PIECE = 255
_STRANGERS = ("", "2a35")  # sources that nobody subscribed to
_COUNTED_EVERY, _ENDLESS_EVERY = 64, 8192  # inputs

Piece = tuple[str, bytes]


class Look(Enum):
    """PLAIN: what comes out. COUNTED: the lines executed too. ENDLESS: again and again, what it keeps too."""

    PLAIN = "plain"
    COUNTED = "counted"
    ENDLESS = "endless"


@cache
def speakers(key: str) -> tuple[str, ...]:
    """Who can speak to a catalogued device's decoder: its own characteristics first, strangers last."""
    match = catalog.by_key()[key].match
    subscribed = match.subscribe if isinstance(match, BleMatch) else ()
    advertised = (match.service,) if isinstance(match, BleMatch) and match.speaks_in_advert else ()
    shown = (source for stream in vectors.streams(key) for source, _ in stream.pieces)
    return tuple(dict.fromkeys((*subscribed, *advertised, *shown, *_STRANGERS)))


def look(data: bytes) -> Look:
    """By the input itself: the slow looks at a few only, but whoever feeds it again sees the same."""
    mark = crc32(data)
    if mark % _ENDLESS_EVERY == 0:
        return Look.ENDLESS
    return Look.PLAIN if mark % _COUNTED_EVERY else Look.COUNTED


def read(key: str, data: bytes) -> list[Piece]:
    known, at, pieces = speakers(key), 0, []
    while at + 1 < len(data):
        start, end = at + 2, at + 2 + data[at + 1]
        pieces.append((known[data[at] % len(known)], data[start:end]))
        at = end
    return pieces


def write(key: str, pieces: Iterable[Piece]) -> bytes:
    """The input that is read as these pieces; a long one is cut."""
    known, written = speakers(key), bytearray()
    for source, data in pieces:
        for at in range(0, len(data), _LONGEST_PIECE):
            part = data[at : at + _LONGEST_PIECE]
            written += bytes((known.index(source), len(part))) + part
    return bytes(written[:LONGEST])


def seeds(key: str) -> list[bytes]:
    """The evidence of a catalogued device as inputs: every stream, and every frame from everybody."""
    streams = [write(key, stream.pieces) for stream in vectors.streams(key)]
    frames = [write(key, [(source, f.data)]) for f in vectors.frames(key) for source in speakers(key)]
    return streams + frames
