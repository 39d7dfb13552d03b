"""RFC 2198 packets, taken apart as a receiver does."""

import pytest

from kiosk.call.encoding.redundant import Redundancy

OPUS = 111


def apart(packet: bytes) -> list[tuple[int, bytes]]:
    """(timestamp offset, payload) of each block, the earlier ones first."""
    heads: list[tuple[int, int]] = []
    at = 0
    while packet[at] & 0x80:
        head = int.from_bytes(packet[at : at + 4], "big")
        assert head >> 24 & 0x7F == OPUS
        heads.append((head >> 10 & 0x3FFF, head & 0x3FF))
        at += 4
    assert packet[at] == OPUS
    at += 1
    blocks = []
    for offset, length in heads:
        blocks.append((offset, packet[at : at + length]))
        at += length
    return [*blocks, (0, packet[at:])]


def test_each_packet_carries_the_ones_before() -> None:
    redundancy = Redundancy(OPUS)
    assert apart(redundancy.pack(b"one", 0)) == [(0, b"one")]
    redundancy.depth = 1
    assert apart(redundancy.pack(b"two!", 960)) == [(960, b"one"), (0, b"two!")]
    redundancy.depth = 2
    assert apart(redundancy.pack(b"three", 1920)) == [(1920, b"one"), (960, b"two!"), (0, b"three")]
    redundancy.depth = 0
    assert apart(redundancy.pack(b"four", 2880)) == [(0, b"four")]


@pytest.mark.parametrize(("then", "now"), [(0, 1 << 14), (960, 960), (4_294_967_000, 500)])
def test_what_the_header_has_no_room_for_stays_out(then: int, now: int) -> None:
    redundancy = Redundancy(OPUS)
    redundancy.depth = 1
    redundancy.pack(b"before", then)
    assert apart(redundancy.pack(b"now", now)) == [(0, b"now")]


def test_a_payload_too_long_for_the_header_is_not_repeated() -> None:
    redundancy = Redundancy(OPUS)
    redundancy.depth = 1
    redundancy.pack(bytes(1024), 0)
    assert apart(redundancy.pack(b"now", 960)) == [(0, b"now")]
