from fractions import Fraction

import av
import numpy as np
from aiortc.codecs.h264 import H264Decoder, H264Encoder, h264_depayload
from aiortc.jitterbuffer import JitterFrame

from kiosk.call.repairs.fast_h264 import FastH264Encoder

NAL_IDR = 5


def picture(number: int) -> av.VideoFrame:
    i420 = np.full((240 * 3 // 2, 320), 128, dtype=np.uint8)
    i420[:240] = np.random.default_rng(number).integers(100, 140, (240, 320), dtype=np.uint8)
    frame = av.VideoFrame.from_ndarray(i420, format="yuv420p")
    frame.pts, frame.time_base = number * 3000, Fraction(1, 90_000)
    return frame


def encode(encoder: H264Encoder, number: int, force_keyframe: bool = False) -> bytes:
    payloads, _ = encoder.encode(picture(number), force_keyframe)
    return b"".join(h264_depayload(payload) for payload in payloads)


def is_key(data: bytes) -> bool:
    return any(part[:1] and part[0] & 0x1F == NAL_IDR for part in data.split(b"\0\0\0\1"))


def test_pictures_come_back() -> None:
    encoder, decoder = FastH264Encoder(), H264Decoder()
    decoded = [f for n in range(5) for f in decoder.decode(JitterFrame(encode(encoder, n), n * 3000))]
    assert len(decoded) >= 4  # nothing is held back
    assert isinstance(decoded[0], av.VideoFrame)
    assert (decoded[0].width, decoded[0].height) == (320, 240)


def test_a_new_rate_needs_no_key_picture() -> None:
    encoder = FastH264Encoder()
    assert is_key(encode(encoder, 0))
    first = encoder.codec
    encoder.target_bitrate = 200_000
    assert not is_key(encode(encoder, 1))
    assert encoder.codec is first
    assert first is not None
    assert first.bit_rate == 200_000
    assert first.thread_count == 1


def test_a_key_picture_on_demand_and_for_another_size() -> None:
    encoder = FastH264Encoder()
    encode(encoder, 0)
    assert is_key(encode(encoder, 1, force_keyframe=True))


def test_the_rate_is_shared_and_has_a_floor_below_that_of_the_library() -> None:
    encoder = FastH264Encoder(share=lambda: 0.5)
    encoder.target_bitrate = 800_000
    assert encoder.target_bitrate == 400_000
    encoder.target_bitrate = 1_000
    assert encoder.target_bitrate == 100_000
    encoder.target_bitrate = 50_000_000
    assert encoder.target_bitrate == 2_500_000


def test_the_library_still_rebuilds_for_a_new_rate() -> None:
    """When this fails, aiortc changes the rate in flight: see whether the repair is still needed."""
    encoder = H264Encoder()
    encode(encoder, 0)
    first = encoder.codec
    encoder.target_bitrate = 2_000_000
    assert is_key(encode(encoder, 1))
    assert encoder.codec is not first
