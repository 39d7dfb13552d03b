"""Viatom's Oxy protocol: frames, and the questions that may be asked. None sets, resets or erases anything.

Source: as viatom-o2ring-ble, o2r and LepuBle implement it independently.
"""

from devices.crc import crc8
from devices.event import FrameError
from devices.framing import LengthFramer

FILE_OPEN, FILE_READ, FILE_CLOSE, INFO, SENSORS = 0x03, 0x04, 0x05, 0x14, 0x17
REQUEST, REPLY = 0xAA, 0x55
HEAD_BYTES = 7  # start, command or status, its complement, block, length
PIECE_BYTES = 20

_ASKED = (FILE_READ, FILE_CLOSE, INFO, SENSORS)
_NAME_BYTES = 15  # a time of 14 digits, and a zero


def request(command: int, name: str = "") -> bytes:
    """A question: of a file's first block alone, where it is about a file. ValueError for any other."""
    data = name.encode("ascii") + b"\x00" if command == FILE_OPEN else b""
    allowed = command in _ASKED if not data else len(data) == _NAME_BYTES and name.isdecimal()
    if not allowed:
        raise ValueError(f"command {command:#04x} is not allowed")
    head = bytes((REQUEST, command, command ^ 0xFF, 0, 0, len(data), 0)) + data
    return head + bytes((crc8(head),))


def may_send(frame: bytes) -> bool:
    """Whether it is what `request` makes."""
    try:
        command, _, data = unpack(frame, REQUEST)
        return frame == request(command, data[:-1].decode("ascii"))
    except ValueError:
        return False


def unpack(frame: bytes, start: int) -> tuple[int, int, bytes]:
    """Command or status, block, data. Raises FrameError."""
    if len(frame) <= HEAD_BYTES or frame[0] != start or frame[1] ^ 0xFF != frame[2]:
        raise FrameError("not a frame")
    block, length = int.from_bytes(frame[3:5], "little"), int.from_bytes(frame[5:7], "little")
    if len(frame) != HEAD_BYTES + length + 1:
        raise FrameError("not as long as it says")
    if crc8(frame[:-1]) != frame[-1]:
        raise FrameError("wrong checksum")
    return frame[1], block, frame[HEAD_BYTES:-1]


def framer(longest: int) -> LengthFramer:
    """Of replies of at most so many bytes."""

    def size_of(head: bytes) -> int:
        size = HEAD_BYTES + int.from_bytes(head[5:7], "little") + 1
        return size if head[1] ^ 0xFF == head[2] and size <= longest else 0

    return LengthFramer(bytes((REPLY,)), HEAD_BYTES, size_of, lambda frame: crc8(frame[:-1]) == frame[-1])
