"""VP8 by libvpx, for a browser without H264. It takes no new rate in flight: then it is built anew."""

import random
from collections.abc import Callable
from fractions import Fraction

import av
from aiortc.codecs.vpx import Vp8Encoder
from av.video.frame import PictureType

from kiosk.call.encoding.pictures import PictureEncoder, nobody
from kiosk.call.encoding.target import LiveTarget
from kiosk.call.streams import VideoTarget

_CLOCK_HZ = 90_000
_PICTURE_IDS = 1 << 15
# A new rate within these limits is not worth a key frame: too much harms the line, too little the picture.
_LOWER, _HIGHER = 0.85, 1.5
_KEY_S = 0.25  # of the rate: about the largest key frame
_OPTIONS = {
    "cpu-used": "-12",
    "deadline": "realtime",
    "lag-in-frames": "0",
    "noise-sensitivity": "0",
    "overshoot-pct": "15",
    "undershoot-pct": "100",
    "partitions": "0",
    "static-thresh": "1",
    "drop-threshold": "30",  # rather fewer pictures than more than the rate
}


class LiveVp8Encoder(PictureEncoder):
    """RFC 7741 payloads. A key frame for another size or frame rate, and for a rate that is far off."""

    def __init__(self, target: LiveTarget, took: Callable[[float], None] = nobody) -> None:
        super().__init__(target, took)
        self._codec: av.VideoCodecContext | None = None
        self._rate_hz = 0.0
        self._picture_id = random.randrange(_PICTURE_IDS)

    def _compress(self, frame: av.VideoFrame, target: VideoTarget, key: bool) -> list[bytes]:
        codec = self._codec
        if codec is None or self._is_misfit(codec, frame, target, key):
            codec = self._codec = self._create(frame.width, frame.height, target)
        frame.pict_type = PictureType.I if key else PictureType.NONE
        frame.duration = round(_CLOCK_HZ / self._rate_hz)
        data = b"".join(bytes(packet) for packet in codec.encode(frame))
        if not data:  # dropped
            return []
        self._picture_id = (self._picture_id + 1) % _PICTURE_IDS
        return Vp8Encoder._packetize(data, self._picture_id)

    def _is_misfit(
        self, codec: av.VideoCodecContext, frame: av.VideoFrame, target: VideoTarget, key: bool
    ) -> bool:
        if (codec.width, codec.height) != (frame.width, frame.height):
            return True
        change = target.rate_bps / (codec.bit_rate or 1)
        # A key frame is due anyway: the best moment for a new rate.
        return not _LOWER <= change <= _HIGHER or (key and change != 1)

    def _create(self, width: int, height: int, target: VideoTarget) -> av.VideoCodecContext:
        self._rate_hz = target.size.rate_hz
        codec = av.CodecContext.create("libvpx", "w")
        codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
        codec.bit_rate = target.rate_bps
        codec.framerate = Fraction(round(self._rate_hz), 1)
        codec.time_base = Fraction(1, _CLOCK_HZ)
        codec.gop_size = 1_000_000
        codec.qmin, codec.qmax = 2, 63
        codec.thread_count = 1
        rate = str(target.rate_bps)
        key_percent = str(round(100 * _KEY_S * self._rate_hz))
        codec.options = _OPTIONS | {
            "minrate": rate,
            "maxrate": rate,
            "bufsize": rate,
            "max-intra-rate": key_percent,
        }
        return codec
