"""Frames that begin with fixed bytes and say how long they are, out of a stream that may be cut anywhere."""

from collections.abc import Callable, Iterator

from devices.device import Rejected

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
        self._held = bytearray()
        self._junk = bytearray()

    def split(self, data: bytes) -> Iterator[bytes | Rejected]:
        """Whole frames, and what lies between them."""
        for byte in data:
            self._held.append(byte)
            yield from self._resynchronise()
            while self._is_whole():
                yield from self._rejected()
                yield self._first()
                del self._held[: self._size()]
                yield from self._resynchronise()

    def _resynchronise(self) -> Iterator[Rejected]:
        while self._held and not self._is_beginning():
            self._junk.append(self._held.pop(0))
            if len(self._junk) == _EVIDENCE_BYTES:
                yield from self._rejected()

    def _is_beginning(self) -> bool:
        if not self._start.startswith(bytes(self._held[: len(self._start)])):
            return False
        if len(self._held) < self._head_bytes:
            return True
        return self._size() >= self._head_bytes and (not self._is_whole() or self._is_sound(self._first()))

    def _is_whole(self) -> bool:
        return len(self._held) >= self._head_bytes and len(self._held) >= self._size()

    def _first(self) -> bytes:
        return bytes(self._held[: self._size()])

    def _size(self) -> int:
        return self._size_of(bytes(self._held[: self._head_bytes]))

    def _rejected(self) -> Iterator[Rejected]:
        if self._junk:
            yield Rejected("bytes outside any frame", bytes(self._junk))
            self._junk.clear()


class MarkedFramer:
    """Frames of which the first byte alone is marked; holds at most 16 bytes.

    A frame is over when the next one begins, not when it is long enough: bytes lost on both sides of a
    boundary would otherwise make a frame of the right length with the wrong numbers. This costs the time of
    one frame.
    """

    def __init__(self, is_first: Callable[[int], bool]) -> None:
        self._is_first = is_first
        self._held = bytearray()

    def split(self, data: bytes) -> Iterator[bytes]:
        """What lies between two first bytes. Whoever takes it checks whether it is a frame."""
        for byte in data:
            if self._held and (self._is_first(byte) or len(self._held) == _LONGEST_MARKED):
                yield bytes(self._held)
                self._held.clear()
            self._held.append(byte)
