"""Sound that carries the packets before it along, taken apart (RFC 2198 section 3). Pure."""

from collections import deque
from dataclasses import dataclass

_BLOCKS_MAX = 8
_KNOWN = 64  # packets: no sender repeats what is older
_HEAD_BYTES = 4


@dataclass(frozen=True, slots=True)
class Carried:
    """One earlier payload: `back` packets and `offset` clock ticks before the one that carries it."""

    back: int
    offset: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Apart:
    """The payload itself, and the earlier ones, oldest first."""

    payload: bytes
    carried: tuple[Carried, ...]


def take_apart(packet: bytes, block_type: int) -> Apart | None:
    """None for what is no such packet, or has something else than `block_type` inside."""
    heads: list[tuple[int, int]] = []
    at = 0
    while at < len(packet) and packet[at] & 0x80:
        head = int.from_bytes(packet[at : at + _HEAD_BYTES], "big")
        heads.append((head >> 10 & 0x3FFF, head & 0x3FF))
        at += _HEAD_BYTES
        if head >> 24 & 0x7F != block_type or len(heads) > _BLOCKS_MAX:
            return None
    begin = at + 1
    if begin + sum(length for _, length in heads) > len(packet) or packet[at] != block_type:
        return None
    carried = []
    for n, (offset, length) in enumerate(heads):
        carried.append(Carried(len(heads) - n, offset, packet[begin : begin + length]))
        begin += length
    return Apart(packet[begin:], tuple(carried))


class Seen:
    """Which packets have come: a carried one is wanted only if it has not."""

    def __init__(self) -> None:
        self._come: deque[int] = deque(maxlen=_KNOWN)

    def comes(self, number: int) -> bool:
        """Take note of this 16-bit number; False when it came before."""
        new = number not in self._come
        if new:
            self._come.append(number)
        return new
