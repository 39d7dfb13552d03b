"""H264 by x264: superfast, no delay, one thread; rate and frame rate change without a key frame."""

from collections.abc import Callable, Iterator
from fractions import Fraction

import av
from aiortc.codecs.h264 import H264Encoder
from av.video.frame import PictureType

from kiosk.call.encoding.cadence import Cadence
from kiosk.call.encoding.pictures import PictureEncoder, nobody
from kiosk.call.encoding.target import LiveTarget
from kiosk.call.streams import VideoTarget

_CLOCK_HZ = 90_000
_OPENED_HZ, _OPENED_BPS = 30, 14_000_000  # the largest of level 3.1 (ITU-T H.264 table A-1)
_BUFFER_S, _BUFFER_LEAST_BITS = 0.35, 8_000  # of the rate: no picture is larger, key frames included
_BUFFER_OFF = 1.6  # a buffer this many times too large or too small is renewed with the next key frame
_CHANGE_MIN = 0.02
_NAL_SEI = 6
_OPTIONS = {
    "level": "31",
    "preset": "superfast",
    "tune": "zerolatency",
    "x264-params": "scenecut=0:keyint=infinite",  # a key frame only when one is asked for
    "maxrate": str(_OPENED_BPS),
}


class LiveH264Encoder(PictureEncoder):
    """Baseline, level 3.1, packetisation mode 1 (RFC 6184). Only another size costs a key frame."""

    def __init__(self, target: LiveTarget, took: Callable[[float], None] = nobody) -> None:
        super().__init__(target, took)
        self._codec: av.VideoCodecContext | None = None
        self._buffer_bits = 0.0
        self._cadence = Cadence()

    def _compress(self, frame: av.VideoFrame, target: VideoTarget, key: bool) -> list[bytes]:
        codec = self._codec
        if codec is None or self._is_misfit(codec, frame, target, key):
            codec = self._codec = self._create(frame.width, frame.height, target)
        self._cadence.picture((frame.pts or 0) / _CLOCK_HZ, target.size.rate_hz)
        # Real times would cost x264 the delay of a picture. It counts pictures instead, thirty to the second.
        rate_bps = min(round(target.rate_bps * self._cadence.period_s * _OPENED_HZ), _OPENED_BPS)
        if abs(rate_bps - (codec.bit_rate or 0)) > _CHANGE_MIN * rate_bps:
            codec.bit_rate = rate_bps
        frame.pict_type = PictureType.I if key else PictureType.NONE
        data = b"".join(bytes(packet) for packet in codec.encode(frame))
        return H264Encoder._packetize(_units(data))

    def _is_misfit(
        self, codec: av.VideoCodecContext, frame: av.VideoFrame, target: VideoTarget, key: bool
    ) -> bool:
        if (codec.width, codec.height) != (frame.width, frame.height):
            return True
        off = self._buffer_bits / _buffer_bits(target)
        return key and not 1 / _BUFFER_OFF < off < _BUFFER_OFF

    def _create(self, width: int, height: int, target: VideoTarget) -> av.VideoCodecContext:
        codec = av.CodecContext.create("libx264", "w")
        codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
        codec.framerate = Fraction(_OPENED_HZ)
        codec.time_base = Fraction(1, _CLOCK_HZ)
        codec.thread_count = 1
        codec.profile = "Baseline"
        self._buffer_bits = _buffer_bits(target)
        codec.options = _OPTIONS | {"bufsize": str(round(self._buffer_bits))}
        # Opened at the largest rate, x264 works at a constant rate, whose upper limit then follows the rate;
        # opened at a lower one, it keeps that limit, or compensates for minutes for what an old rate left.
        codec.bit_rate = _OPENED_BPS
        codec.open()
        return codec


def _buffer_bits(target: VideoTarget) -> float:
    return target.rate_bps * _BUFFER_S + _BUFFER_LEAST_BITS


def _units(data: bytes) -> Iterator[bytes]:
    """The NAL units, without x264's 700 bytes of remarks about itself."""
    return (unit for unit in H264Encoder._split_bitstream(data) if unit[0] & 0x1F != _NAL_SEI)
