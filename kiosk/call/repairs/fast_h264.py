"""aiortc runs x264 in its `medium` preset and rebuilds it (a key frame) for each change of rate."""

from collections.abc import Callable, Iterator
from fractions import Fraction

import av
from aiortc.codecs.h264 import H264Encoder
from av.video.frame import PictureType

_RATE_MIN_BPS, _RATE_MAX_BPS = 100_000, 2_500_000
_RATE_START_BPS = 1_000_000
_CHANGE_MIN = 0.08
_OPTIONS = {
    "level": "31",
    "preset": "superfast",
    "tune": "zerolatency",
    "x264-params": "scenecut=0:keyint=300",
}


class FastH264Encoder(H264Encoder):
    """x264 superfast, one thread, no delay; the rate changes in flight.

    `share` is the part of the line that this track may take (the receiver's estimate is for all of them).
    """

    def __init__(self, share: Callable[[], float] = lambda: 1.0, rate_hz: float = 30.0) -> None:
        super().__init__()
        self._share = share
        self._rate_hz = rate_hz
        self._line_bps = _RATE_START_BPS

    @property
    def target_bitrate(self) -> int:
        return int(max(_RATE_MIN_BPS, min(self._line_bps * self._share(), _RATE_MAX_BPS)))

    @target_bitrate.setter
    def target_bitrate(self, bitrate: int) -> None:
        self._line_bps = bitrate

    def _encode_frame(self, frame: av.VideoFrame, force_keyframe: bool) -> Iterator[bytes]:
        codec = self.codec
        if codec is None or (codec.width, codec.height) != (frame.width, frame.height):
            codec = self.codec = self._create(frame.width, frame.height)
        target_bps = self.target_bitrate
        if abs(target_bps - (codec.bit_rate or 0)) > _CHANGE_MIN * target_bps:
            codec.bit_rate = target_bps
        frame.pict_type = PictureType.I if force_keyframe else PictureType.NONE
        data = b"".join(bytes(packet) for packet in codec.encode(frame))
        if data:
            yield from self._split_bitstream(data)

    def _create(self, width: int, height: int) -> av.VideoCodecContext:
        codec = av.CodecContext.create("libx264", "w")
        codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
        codec.bit_rate = self.target_bitrate
        codec.framerate = Fraction(round(self._rate_hz), 1)
        codec.time_base = Fraction(1, 90_000)
        codec.thread_count = 1
        codec.options = _OPTIONS
        codec.profile = "Baseline"
        return codec
