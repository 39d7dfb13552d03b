"""RFC 2198 packets, made and taken apart; the golden one is put together by hand (section 4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.call.encoding.redundant import Redundancy
from kiosk.call.receiving.redundant_packet import Carried, Seen, take_apart

OPUS = 111


def apart(packet: bytes) -> list[tuple[int, bytes]]:
    """(timestamp offset, payload) of each block, the earlier ones first."""
    found = take_apart(packet, OPUS)
    assert found is not None
    return [*((block.offset, block.payload) for block in found.carried), (0, found.payload)]


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


# 1 | type 111 | offset 960 | length 3; 1 | type 111 | offset 480 | length 2; 0 | type 111
_GOLDEN = bytes.fromhex("ef0f0003 ef078002 6f") + b"one" + b"2!" + b"three"


def test_a_golden_packet() -> None:
    found = take_apart(_GOLDEN, OPUS)
    assert found is not None
    assert found.carried == (Carried(2, 960, b"one"), Carried(1, 480, b"2!"))
    assert found.payload == b"three"
    redundancy = Redundancy(OPUS)
    redundancy.depth = 2
    redundancy.pack(b"one", 0)
    redundancy.pack(b"2!", 480)
    assert redundancy.pack(b"three", 960) == _GOLDEN


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        _GOLDEN[:6],
        _GOLDEN[:8],
        _GOLDEN[:13],
        b"\x60one",  # another type alone
        bytes.fromhex("e00f0003 6f") + b"one",  # another type inside
        bytes.fromhex("ef0f03ff 6f") + b"one",  # longer than the packet
        bytes.fromhex("ef0f0000") * 40 + b"\x6f",
    ],
)
def test_what_is_no_such_packet_is_left_out(packet: bytes) -> None:
    assert take_apart(packet, OPUS) is None


@given(st.sampled_from([b"\x6f", b"\xef", _GOLDEN[:4], _GOLDEN[:8]]), st.binary(max_size=1500))
def test_any_bytes_give_no_more_than_they_hold(begin: bytes, rest: bytes) -> None:
    packet = begin + rest
    found = take_apart(packet, OPUS)
    if found is not None:
        assert len(found.payload) + sum(len(block.payload) for block in found.carried) < len(packet)


def test_only_what_has_not_come_is_missing() -> None:
    seen = Seen()
    assert [seen.comes(number) for number in (1, 3, 2, 3, 1, 4)] == [True, True, True, False, False, True]
    for number in range(100, 200):
        seen.comes(number)
    assert not seen.comes(199)
    assert seen.comes(100)  # too long ago
