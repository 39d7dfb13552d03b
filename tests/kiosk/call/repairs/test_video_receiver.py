"""What is repaired in aiortc's way of receiving video; each test below tells when it has become needless."""

from typing import Any

import pytest
from aiortc import RTCRtpReceiver
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtcrtpreceiver import NackGenerator
from aiortc.rtp import RtpPacket

from kiosk.call.repairs.video_receiver import receive_video


class Transport:
    """The least that a receiver is made with."""

    state = "new"


def packet(number: int, timestamp: int, marker: int, data: bytes = b"x") -> RtpPacket:
    made = RtpPacket(payload_type=96, sequence_number=number, timestamp=timestamp, marker=marker, ssrc=5)
    made._data = data  # type: ignore[attr-defined]
    return made


async def test_it_takes_the_place_of_what_the_library_has() -> None:
    receiver: Any = RTCRtpReceiver("video", Transport())  # type: ignore[arg-type]
    stock = receiver._RTCRtpReceiver__jitter_buffer
    receive_video(receiver)
    assert receiver._RTCRtpReceiver__jitter_buffer is not stock
    assert receiver._RTCRtpReceiver__nack_generator is None
    unknown = packet(1, 0, 1)
    await receiver._handle_rtp_packet(unknown, arrival_time_ms=0)


async def test_another_library_is_noticed() -> None:
    receiver: Any = RTCRtpReceiver("video", Transport())  # type: ignore[arg-type]
    del receiver._RTCRtpReceiver__jitter_buffer
    with pytest.raises(AttributeError, match="jitter_buffer"):
        receive_video(receiver)


def test_the_library_still_asks_only_once() -> None:
    """When this fails, aiortc repeats its questions itself: see whether the repair is still needed."""
    nacks = NackGenerator()
    assert [nacks.add(packet(n, 0, 0)) for n in (1, 3, 4, 5, 6, 7)] == [False, True] + [False] * 4


def test_the_library_still_waits_for_the_next_picture_and_lets_out_one_at_a_time() -> None:
    """When this fails, aiortc looks at the marker bit, or catches up after a gap: see what is needed."""
    buffer = JitterBuffer(capacity=512, is_video=True)
    assert buffer.add(packet(1, 0, 1))[1] is None
    for number in (3, 4, 5, 6):
        buffer.add(packet(number, number * 3000, 1))
    first, second = buffer.add(packet(2, 3000, 1))[1], buffer.add(packet(7, 21_000, 1))[1]
    assert first is not None
    assert second is not None
    assert (first.timestamp, second.timestamp) == (0, 3000)
