"""What is repaired in aiortc's way of receiving video; and tests that tell when it has become needless."""

import asyncio
from typing import Any

import av
import numpy as np
import pytest
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpReceiver,
)
from aiortc.codecs import get_capabilities
from aiortc.jitterbuffer import JitterBuffer
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcrtpreceiver import NackGenerator
from aiortc.rtp import RtpPacket

from kiosk.call.repairs.loopback import offer_loopback
from kiosk.call.repairs.video_receiver import receive_video
from tests.fakes.polling import until
from tests.kiosk.call.encoding.moving import picture
from tests.kiosk.call.repairs.bad_line import BadLine

RATE_HZ = 15


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


class Wandering(MediaStreamTrack):
    """Pictures each of which takes several packets; `shown` has them by their time."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.shown: dict[int, Any] = {}

    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(1 / RATE_HZ)
        frame = picture(len(self.shown) / RATE_HZ)
        self.shown[len(self.shown)] = frame.to_ndarray()
        return frame


async def look(track: MediaStreamTrack, seen: list[av.VideoFrame]) -> None:
    try:
        while True:
            frame = await track.recv()
            assert isinstance(frame, av.VideoFrame)
            seen.append(frame)
    except MediaStreamError:
        return


def unlike(shown: dict[int, Any], frame: av.VideoFrame) -> float:
    """How far it is from whichever picture was sent: the mean difference in the worst tile of 40x40."""
    height, width = frame.height // 40 * 40, frame.width // 40 * 40
    found = frame.to_ndarray()[:height, :width].astype(int)
    return min(
        float(
            np.abs(found - sent[:height, :width])
            .reshape(height // 40, 40, width // 40, 40)
            .mean((1, 3))
            .max()
        )
        for sent in shown.values()
    )


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_a_line_with_every_fault_shows_no_broken_picture_and_goes_on_after_a_cut(codec: str) -> None:
    offer_loopback()
    configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
    page, kiosk, film = RTCPeerConnection(configuration), RTCPeerConnection(configuration), Wandering()
    page.addTrack(film)
    known = get_capabilities("video").codecs
    page.getTransceivers()[0].setCodecPreferences(
        [c for c in known if c.name == codec] + [c for c in known if c.name == "rtx"]
    )
    await page.setLocalDescription(await page.createOffer())
    await kiosk.setRemoteDescription(page.localDescription)
    receiver, seen = kiosk.getTransceivers()[0].receiver, list[av.VideoFrame]()
    repaired = receive_video(receiver)
    tasks = [asyncio.create_task(work) for work in (repaired.run(), look(receiver.track, seen))]
    await kiosk.setLocalDescription(await kiosk.createAnswer())
    await page.setRemoteDescription(kiosk.localDescription)
    line = BadLine(page, loss=0.1, delay_ms=10, jitter_ms=20, reorder=0.05, duplicate=0.1)
    try:
        await until(lambda: len(seen) > 25)
        before, line.is_cut = len(film.shown), True
        await until(lambda: len(film.shown) > before + RATE_HZ)
        before, line.is_cut = len(seen), False
        await until(lambda: len(seen) > before + 25)
    finally:
        await page.close()
        await kiosk.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert line.lost > 10
    assert repaired.asked_again > 10
    assert max(unlike(film.shown, frame) for frame in seen[::3]) < 25


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
