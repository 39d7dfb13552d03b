"""The header extensions of a serialized RTP packet, rewritten at the moment it leaves. Pure.

RFC 8285 section 4.2 (one-byte header); RFC 3550 section 5.1.
"""

import struct
from collections.abc import Iterator

_PROFILE = 0xBEDE
_FIXED = 12
_ABS_SEND_TIME_HZ = 1 << 18


class HeaderError(Exception):
    """Not an RTP packet with one-byte extensions."""


def ssrc(packet: bytes) -> int:
    """Raises HeaderError."""
    if len(packet) < _FIXED:
        raise HeaderError("truncated")
    return int.from_bytes(packet[8:12], "big")


def abs_send_time(now_s: float) -> bytes:
    """24 bits, 6.18 fixed point: http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time."""
    return (int(now_s * _ABS_SEND_TIME_HZ) & 0xFFFFFF).to_bytes(3, "big")


def extension(packet: bytes, number: int) -> bytes | None:
    """The value of one extension, None if the packet has none. Raises HeaderError."""
    start, end = _block(packet)
    return next((value for found, value in _elements(packet[start:end]) if found == number), None)


def with_extensions(packet: bytes, values: dict[int, bytes]) -> bytes:
    """The packet with these extensions set; others stay. Raises HeaderError."""
    start, end = _block(packet)
    kept = [pair for pair in _elements(packet[start:end]) if pair[0] not in values]
    block = b"".join(bytes([n << 4 | len(value) - 1]) + value for n, value in [*kept, *values.items()])
    block += bytes(-len(block) % 4)
    fixed = packet[: _after_sources(packet)]
    head = struct.pack("!HH", _PROFILE, len(block) // 4)
    return b"".join((bytes([fixed[0] | 0x10]), fixed[1:], head, block, packet[end:]))


def _after_sources(packet: bytes) -> int:
    if len(packet) < _FIXED or packet[0] >> 6 != 2:
        raise HeaderError("not RTP")
    return _FIXED + 4 * (packet[0] & 0x0F)


def _block(packet: bytes) -> tuple[int, int]:
    """Where the elements begin and end; the same place twice when there are none."""
    at = _after_sources(packet)
    if not packet[0] & 0x10:
        return at, at
    if len(packet) < at + 4:
        raise HeaderError("truncated")
    profile, words = struct.unpack_from("!HH", packet, at)
    end = at + 4 + 4 * words
    if profile != _PROFILE or end > len(packet):
        raise HeaderError("other extensions, or truncated")
    return at + 4, end


def _elements(block: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(block):
        number, length = block[at] >> 4, (block[at] & 0x0F) + 1
        if block[at] == 0:  # padding
            at += 1
            continue
        if number == 15:  # RFC 8285 section 4.2: stop here
            return
        if at + 1 + length > len(block):
            raise HeaderError("an element is truncated")
        yield number, block[at + 1 : at + 1 + length]
        at += 1 + length
