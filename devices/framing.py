"""Frames that begin with fixed bytes and say how long they are, out of a stream that may be cut anywhere."""

import re
from collections.abc import Callable

from devices.event import Rejected

_EVIDENCE_BYTES = 64
_LONGEST_MARKED = 16


class LengthFramer:
    """Holds at most one frame. Whoever takes a frame checks what is inside."""

    def __init__(
        self,
        start: bytes,
        head_bytes: int,
        size_of: Callable[[bytes], int],
        is_sound: Callable[[bytes], bool] = lambda _: True,
    ) -> None:
        """`size_of` tells from a frame's first `head_bytes` how long it is; 0: this is no frame.

        `is_sound`: its checksum is right. In what is not, the next frame is looked for.
        """
        self._start = start
        self._head_bytes = head_bytes
        self._size_of = size_of
        self._is_sound = is_sound
        self._held = b""
        self._junk = bytearray()

    def split(self, data: bytes) -> list[bytes | Rejected]:
        """Whole frames, and what lies between them."""
        held, at = self._held + data, 0
        parts: list[bytes | Rejected] = []
        while (size := self._size_at(held, at)) is not None:
            if size:
                if self._junk:
                    parts += self._rejected()
                parts.append(held[at : at + size])
                at += size
            else:
                parts += self._throw_away(held[at])
                at += 1
        self._held = held[at:]
        return parts

    def _size_at(self, held: bytes, at: int) -> int | None:
        """Of the frame that is there; 0: none begins there; None: not all of it has come."""
        start, head_bytes = self._start, self._head_bytes
        if not held.startswith(start, at) and not start.startswith(held[at : at + len(start)]):
            return 0
        left = len(held) - at
        if left < head_bytes:
            return None
        size = self._size_of(held[at : at + head_bytes])
        if size < head_bytes:
            return 0
        if left < size:
            return None
        return size if self._is_sound(held[at : at + size]) else 0

    def _throw_away(self, byte: int) -> list[Rejected]:
        self._junk.append(byte)
        return self._rejected() if len(self._junk) == _EVIDENCE_BYTES else []

    def _rejected(self) -> list[Rejected]:
        if not self._junk:
            return []
        rejected = Rejected("bytes outside any frame", bytes(self._junk))
        self._junk.clear()
        return [rejected]


class ReportFramer:
    """Reports of one size, wherever a capture has cut them."""

    def __init__(self, report_bytes: int) -> None:
        self._report_bytes = report_bytes
        self._held = b""

    def split(self, data: bytes) -> list[bytes]:
        held, reports = self._held + data, list[bytes]()
        while len(held) >= self._report_bytes:
            reports.append(held[: self._report_bytes])
            held = held[self._report_bytes :]
        self._held = held
        return reports


class MarkedFramer:
    """Frames of which the first byte alone is marked; holds at most 16 bytes.

    A frame is over when the next one begins, not when it is long enough: bytes lost on both sides of a
    boundary would otherwise make a frame of the right length with the wrong numbers. This costs the time of
    one frame.
    """

    def __init__(self, is_first: Callable[[int], bool]) -> None:
        marked = re.escape(bytes(byte for byte in range(256) if is_first(byte)))
        self._part = re.compile(b".[^%b]{0,%d}" % (marked, _LONGEST_MARKED - 1), re.DOTALL)
        self._held = b""

    def split(self, data: bytes) -> list[bytes]:
        """What lies between two first bytes. Whoever takes it checks whether it is a frame."""
        *parts, self._held = self._part.findall(self._held + data) or [b""]
        return parts

    def take_held(self, is_whole: Callable[[bytes], bool]) -> bytes:
        """What no other has followed yet, if it is whole: the last answer of a conversation."""
        if not is_whole(self._held):
            return b""
        held, self._held = self._held, b""
        return held
