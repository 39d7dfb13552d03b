from collections.abc import Iterator

import av
import numpy as np
import pytest
from aiortc.codecs.h264 import PACKET_MAX, H264Decoder, H264Encoder, h264_depayload
from aiortc.jitterbuffer import JitterFrame

from kiosk.call.encoding.h264 import LiveH264Encoder
from kiosk.call.encoding.target import LiveTarget
from kiosk.call.streams import Size, VideoTarget
from tests.kiosk.call.encoding.moving import Camera, h264_data, h264_is_key, picture, rate_bps, sizes_seen

FULL, QUARTER, SLOW = Size(640, 360, 30.0), Size(320, 180, 30.0), Size(320, 180, 10.0)


@pytest.fixture
def camera() -> Iterator[Camera]:
    target = LiveTarget()
    yield Camera(LiveH264Encoder(target), target)


def keys(sent: list[list[bytes]]) -> int:
    return sum(h264_is_key(payloads) for payloads in sent)


@pytest.mark.parametrize(
    ("bit_rate", "size"), [(1_500_000, FULL), (400_000, FULL), (100_000, SLOW), (25_000, Size(160, 90, 5.0))]
)
def test_the_rate_is_kept(camera: Camera, bit_rate: int, size: Size) -> None:
    assert rate_bps(camera.play(5, bit_rate, size), 5) == pytest.approx(bit_rate, rel=0.2)


def test_a_new_rate_is_kept_without_a_key_picture(camera: Camera) -> None:
    assert keys(camera.play(4, 600_000)) == 1
    for bit_rate in (250_000, 700_000):
        before = camera.play(1, bit_rate)
        after = camera.play(4, bit_rate)
        assert rate_bps(after, 4) == pytest.approx(bit_rate, rel=0.2)
        assert keys(before + after) == 0


def test_a_new_frame_rate_keeps_the_rate_without_a_key_picture(camera: Camera) -> None:
    """Whatever rate the encoder was opened with: the times of the pictures count."""
    camera.play(2, 100_000, QUARTER)
    sent = camera.play(1, 100_000, SLOW) + camera.play(5, 100_000, SLOW)
    assert 75_000 < rate_bps(sent[10:], 5) < 110_000
    assert keys(sent) == 0


def test_another_size_costs_one_key_picture(camera: Camera) -> None:
    first, second = camera.play(0.5, 400_000), camera.play(0.5, 200_000, QUARTER)
    assert (keys(first), keys(second)) == (1, 1)
    assert h264_is_key(second[0])
    seen = sizes_seen(H264Decoder(), [h264_data(payloads) for payloads in first + second])
    assert seen == [(640, 360)] * 15 + [(320, 180)] * 15


def test_a_key_picture_does_not_fill_the_line(camera: Camera) -> None:
    """Neither the first, nor one that is asked for after the rate has fallen far below what it began with."""
    assert rate_bps(camera.play(2, 1_200_000)[:1], 1) < 0.35 * 1_200_000
    camera.play(2, 200_000)
    payloads, _ = camera.encoder.encode(picture(camera.at_s), force_keyframe=True)
    assert h264_is_key(payloads)
    assert rate_bps([payloads], 1) < 0.4 * 200_000


def test_no_picture_is_held_back(camera: Camera) -> None:
    """x264 holds one back to learn how long it lasts, if it is given real times."""
    assert all(camera.play(0.2, 300_000))


def test_a_camera_slower_than_intended_still_gets_the_rate(camera: Camera) -> None:
    camera.target.set(VideoTarget(200_000, FULL))
    sent = [camera.encoder.encode(picture(number / 10))[0] for number in range(70)]
    assert rate_bps(sent[20:], 5) == pytest.approx(200_000, rel=0.2)


def test_nothing_is_sent_while_paused(camera: Camera) -> None:
    camera.play(0.2, 300_000)
    assert camera.play(0.5, 0) == [[]] * 15
    assert all(camera.play(0.2, 300_000))


def test_the_estimate_for_the_whole_line_is_ignored(camera: Camera) -> None:
    camera.play(0.1, 300_000)
    camera.encoder.target_bitrate = 5_000_000
    assert camera.encoder.target_bitrate == 300_000
    assert rate_bps(camera.play(3, 300_000), 3) == pytest.approx(300_000, rel=0.2)


def test_the_packets_are_those_of_the_library(camera: Camera) -> None:
    """RFC 6184: single units, STAP-A with the parameter sets, FU-A for what is larger than a packet."""
    first = camera.play(0.1, 2_500_000)[0]
    assert all(len(payload) <= PACKET_MAX for payload in first)
    assert {payload[0] & 0x1F for payload in first} == {24, 28}
    units = [unit for unit in h264_data(first).split(b"\0\0\0\1") if unit]
    assert [unit[0] & 0x1F for unit in units] == [7, 8, 5]
    assert units[0][1:4] == bytes([66, 0xC0, 31])  # baseline, constrained, level 3.1


def test_what_comes_back_looks_like_what_was_sent(camera: Camera) -> None:
    sent = camera.play(1, 1_500_000)
    decoder = H264Decoder()
    back = [f for p in sent for f in decoder.decode(JitterFrame(b"".join(map(h264_depayload, p)), 0))]
    assert len(back) == 30
    assert isinstance(back[-1], av.VideoFrame)
    sent_luma = picture(29 / 30).to_ndarray()[:360].astype(float)
    assert np.abs(back[-1].to_ndarray()[:360] - sent_luma).mean() < 6


def test_the_time_of_each_picture_is_told() -> None:
    told: list[float] = []
    target = LiveTarget(VideoTarget(300_000, FULL))
    Camera(LiveH264Encoder(target, told.append), target).play(0.2, 300_000)
    assert len(told) == 6
    assert all(0 < took_s < 5 for took_s in told)


def test_the_library_still_rebuilds_for_a_new_rate() -> None:
    """When this fails, aiortc changes the rate in flight: is our own encoder still needed?."""
    encoder = H264Encoder()
    encoder.encode(picture(0))
    first = encoder.codec
    encoder.target_bitrate = 2_000_000
    assert h264_is_key(encoder.encode(picture(1 / 30))[0])
    assert encoder.codec is not first
