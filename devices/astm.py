"""Frames of ASTM E1381 with the records of E1394 in them, as laboratory instruments and some meters speak.

A frame is STX, its number (0 to 7), text, CR, ETX (the last) or ETB, two hex digits, CR, LF; the digits are
the sum of all between STX and themselves, modulo 256. Between frames single characters pass. Source:
glucometerutils, contourtool and Tidepool's uploader, which agree.
"""

import re
from dataclasses import dataclass

from devices.event import FrameError, Rejected

STX, EOT, ENQ, ACK, NAK, LF = b"\x02", b"\x04", b"\x05", b"\x06", b"\x15", b"\n"
_ALONE = (EOT, ENQ, ACK, NAK)
_FRAME = re.compile(rb"\x02([0-7])([\x20-\x7e]*)\r([\x03\x17])([0-9A-F]{2})\r\n")
_LONGEST = 512  # bytes: a header of a meter has 270
_EVIDENCE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Frame:
    number: int
    text: str

    @classmethod
    def parse(cls, data: bytes) -> "Frame":
        """Raises FrameError."""
        found = _FRAME.fullmatch(data)
        if found is None:
            raise FrameError("not a frame")
        if sum(data[1:-4]) & 0xFF != int(found[4], 16):
            raise FrameError("wrong checksum")
        return cls(int(found[1]), found[2].decode("ascii"))

    @property
    def fields(self) -> list[str]:
        """Of its record: the first is the type."""
        return self.text.split("|")


class Framer:
    """Single characters, and what begins with STX and ends with LF: whoever takes it parses it."""

    def __init__(self) -> None:
        self._held = b""
        self._junk = b""

    def split(self, data: bytes) -> list[bytes | Rejected]:
        """Bytes cut anywhere."""
        self._held += data
        parts: list[bytes | Rejected] = []
        while self._held and (size := self._size()):
            part, self._held = self._held[:size], self._held[size:]
            if part in _ALONE or (part.startswith(STX) and part.endswith(LF)):
                parts += [*self._rejected(), part]
            else:
                self._junk += part
            if len(self._junk) >= _EVIDENCE_BYTES:
                parts += self._rejected()
        return parts

    def _size(self) -> int:
        """Of what comes next; 0: not all of it has come."""
        if not self._held.startswith(STX):
            return 1
        again, end = self._held.find(STX, 1), self._held.find(LF)
        if again > 0 and not 0 < end < again:
            return again  # it was cut off, and said anew
        return end + 1 if end > 0 else len(self._held) if len(self._held) > _LONGEST else 0

    def _rejected(self) -> list[Rejected]:
        junk, self._junk = self._junk, b""
        return [Rejected("bytes outside any frame", junk[:_EVIDENCE_BYTES])] if junk else []
