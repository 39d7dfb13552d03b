import random

from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtp import RtpPacket

from kiosk.call.repairs.marker_release import MarkerJitterBuffer


def packet(sequence: int, timestamp: int, data: bytes, marker: int) -> RtpPacket:
    made = RtpPacket(sequence_number=sequence % 65536, timestamp=timestamp, marker=marker)
    made._data = data  # type: ignore[attr-defined]
    return made


def picture(first: int, timestamp: int) -> list[RtpPacket]:
    return [packet(first + n, timestamp, bytes([n]), marker=n == 2) for n in range(3)]


def test_a_picture_leaves_with_its_last_packet() -> None:
    buffer = MarkerJitterBuffer()
    released = [buffer.add(p)[1] for p in picture(65534, 1000) + picture(65537, 4000)]
    assert [frame.timestamp if frame else None for frame in released] == [None, None, 1000, None, None, 4000]
    assert released[2] is not None
    assert released[2].data == b"\0\1\2"


def test_disorder_gives_whole_pictures_in_order() -> None:
    buffer = MarkerJitterBuffer()
    packets = picture(10, 1000)
    buffer.add(packets[0])
    late = picture(13, 4000)
    random.Random(4).shuffle(late)
    assert [buffer.add(p)[1] for p in late] == [None, None, None]
    assert buffer.add(packets[2])[1] is None
    first = buffer.add(packets[1])[1]
    assert first is not None
    assert (first.timestamp, first.data) == (1000, b"\0\1\2")


def test_a_picture_without_marker_leaves_when_the_next_begins() -> None:
    buffer = MarkerJitterBuffer()
    buffer.add(packet(1, 1000, b"a", 0))
    frame = buffer.add(packet(2, 4000, b"b", 0))[1]
    assert frame is not None
    assert frame.data == b"a"


def test_the_library_still_waits_for_the_next_picture() -> None:
    """When this fails, aiortc looks at the marker bit itself: drop the repair."""
    buffer = JitterBuffer(capacity=512, is_video=True)
    assert [buffer.add(p)[1] for p in picture(10, 1000)] == [None, None, None]
