"""Pictures through a line that loses, reorders and stalls; time is simulated."""

import itertools
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.call.receiving.missing import Missing
from kiosk.call.receiving.picture_buffer import Picture, PictureBuffer, VideoPacket

KEY = b"\0\0\0\1\x67sps\0\0\0\1\x68pps\0\0\0\1\x65idr"
DELTA = b"\0\0\0\1\x41delta"
PARTS = 3


def packets(count: int, keys: frozenset[int] = frozenset({0}), first: int = 65_530) -> list[VideoPacket]:
    """Pictures of three packets, 30 a second."""
    made = []
    for number in range(count * PARTS):
        picture, part = divmod(number, PARTS)
        start = KEY if picture in keys else DELTA
        data = start if part == 0 else bytes([picture % 256, part])
        made.append(
            VideoPacket(
                (first + number) & 0xFFFF, picture * 3000, part == PARTS - 1, data, "H264", picture / 30
            )
        )
    return made


def out(buffer: PictureBuffer) -> list[Picture]:
    return list(iter(buffer.pop, None))


def at(packet: VideoPacket, second: float) -> VideoPacket:
    return VideoPacket(packet.number, packet.timestamp, packet.marker, packet.data, packet.codec, second)


def test_each_picture_leaves_with_its_last_packet() -> None:
    buffer, left = PictureBuffer(), []
    for packet in packets(4):
        buffer.put(packet)
        left.append(len(out(buffer)))
    assert left == [0, 0, 1] * 4


def test_all_pictures_behind_a_filled_gap_leave_at_once() -> None:
    buffer, sent = PictureBuffer(), packets(6)
    for packet in sent[:4] + sent[5:]:
        buffer.put(packet)
    assert len(out(buffer)) == 1
    buffer.put(sent[4])
    assert [p.timestamp for p in out(buffer)] == [3000, 6000, 9000, 12_000, 15_000]


def test_nothing_is_shown_before_a_key_picture_and_it_is_asked_for() -> None:
    buffer, asked = PictureBuffer(), []
    for packet in packets(60, keys=frozenset({50})):
        buffer.put(packet)
        if buffer.wants_key(packet.arrived_s):
            asked.append(packet.arrived_s)
        shown = out(buffer)
        assert not shown or shown[0].timestamp >= 150_000
    assert len(asked) == 2
    assert 0.29 < asked[0] < 0.35
    assert min(b - a for a, b in itertools.pairwise(asked)) >= 0.5


def test_an_old_gap_is_given_up_and_no_broken_picture_shown() -> None:
    buffer, shown, asked = PictureBuffer(), [], 0
    for packet in packets(60, keys=frozenset({0, 40})):
        if packet.timestamp == 30_000 and packet.marker:
            continue
        buffer.put(packet)
        buffer.expire(packet.arrived_s)
        asked += buffer.wants_key(packet.arrived_s)
        shown += [picture.timestamp // 3000 for picture in out(buffer)]
    assert shown == [*range(10), *range(40, 60)]
    assert (buffer.skipped, asked) == (1, 1)


def test_a_gap_too_long_for_a_list_is_given_up_too() -> None:
    buffer, sent = PictureBuffer(), packets(240, keys=frozenset({0, 200}))
    for packet in sent[:30] + sent[530:560]:
        buffer.put(packet)
    assert len(out(buffer)) == 10
    assert buffer.waits
    buffer.expire(sent[559].arrived_s + 1)
    assert buffer.needs_key
    for packet in sent[600:]:
        buffer.put(packet)
    assert len(out(buffer)) == 40


def test_a_large_picture_on_a_slow_line_may_take_its_time() -> None:
    buffer = PictureBuffer()
    for number in range(100):
        data = KEY if number == 0 else b"more"
        buffer.put(VideoPacket(number, 0, number == 99, data, "H264", number * 0.05))
        buffer.expire(number * 0.05)
        assert not buffer.wants_key(number * 0.05)
    assert len(out(buffer)) == 1


def test_disorder_asks_for_nothing() -> None:
    buffer, shown, sent = PictureBuffer(), 0, packets(60)
    chance = random.Random(5)
    delayed = sorted(sent[1:], key=lambda p: p.arrived_s + chance.random() * 0.08)
    for packet in [sent[0], *delayed]:
        buffer.put(packet)
        buffer.expire(packet.arrived_s)
        assert not buffer.wants_key(packet.arrived_s)
        shown += len(out(buffer))
    assert shown == 60


def test_an_empty_packet_is_not_the_end() -> None:
    buffer, sent = PictureBuffer(), packets(1)
    padding = VideoPacket((sent[-1].number + 1) & 0xFFFF, 500, True, b"", "H264", 0.0)
    after = packets(2, first=padding.number - 2)[3:]
    for packet in [*sent, padding, *after]:
        buffer.put(packet)
    assert [picture.timestamp for picture in out(buffer)] == [0, 3000]


def test_vp8_begins_with_its_start_code() -> None:
    buffer = PictureBuffer()
    key, delta = b"\x10\x02\x00\x9d\x01\x2a\x40\x01", b"\x11\x02\x00\x9d\x01\x2a\x40\x01"
    buffer.put(VideoPacket(1, 0, True, delta, "VP8", 0.0))
    buffer.put(VideoPacket(2, 3000, True, key, "VP8", 0.0))
    assert [picture.data for picture in out(buffer)] == [key]


PACKET = st.builds(
    VideoPacket,
    number=st.integers(0, 65_535),
    timestamp=st.integers(0, (1 << 32) - 1),
    marker=st.booleans(),
    data=st.one_of(st.binary(max_size=20), st.sampled_from([KEY, DELTA, b"", bytes(1500)])),
    codec=st.sampled_from(["H264", "VP8"]),
    arrived_s=st.floats(0, 10),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PACKET, max_size=150))
def test_anything_may_come(arriving: list[VideoPacket]) -> None:
    buffer = PictureBuffer()
    for packet in arriving:
        buffer.put(packet)
        buffer.expire(packet.arrived_s)
        buffer.wants_key(packet.arrived_s)
        assert len(buffer.missing.due(packet.arrived_s)) <= 400
        assert len(out(buffer)) <= 1100
        assert len(buffer._packets) <= 1100


def test_a_lost_packet_is_asked_for_with_patience_and_again() -> None:
    missing, asked = Missing(), []
    missing.received(10, 0.0)
    missing.received(12, 0.0)
    for step in range(100):
        asked += [(step / 100, number) for number in missing.due(step / 100)]
    assert {number for _, number in asked} == {11}
    assert 4 <= len(asked) <= 6
    assert 0.01 <= asked[0][0] <= 0.02
    assert all(b - a >= 0.039 for (a, _), (b, _) in itertools.pairwise(asked))
    assert len(missing) == 0


def test_the_round_trip_is_learned_from_what_comes_back() -> None:
    missing = Missing()
    for number in range(0, 400, 2):
        now_s = number / 10
        missing.received(number, now_s)
        for lost in missing.due(now_s + 0.02):
            missing.received(lost, now_s + 0.02 + 0.15)
    assert 0.13 < missing.rtt_s < 0.17
