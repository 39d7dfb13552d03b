"""aiortc encodes all sound as stereo Opus in `voip` mode, whose high-pass filter takes 12.5 dB from 30 Hz."""

from fractions import Fraction
from typing import Any

import av
from aiortc.codecs.base import Encoder
from aiortc.mediastreams import convert_timebase
from av.frame import Frame
from av.packet import Packet

from drivers.chunks import RATE_HZ

_TIME_BASE = Fraction(1, RATE_HZ)

# Heart sounds lie between 20 and 200 Hz: flat there. A voice wants repair of lost packets instead.
STETHOSCOPE = {"application": "audio"}
STETHOSCOPE_BPS = 64_000
VOICE = {"application": "voip", "fec": "1", "packet_loss": "10"}
VOICE_BPS = 32_000


class MonoOpusEncoder(Encoder):
    """Mono Opus (RFC 7587) for chunks of exactly 20 ms. Pauses between chunks show in the RTP time."""

    def __init__(self, options: dict[str, str], bit_rate_bps: int) -> None:
        self._codec = av.CodecContext.create("libopus", "w")
        self._codec.bit_rate = bit_rate_bps
        self._codec.format = "s16"
        self._codec.layout = "mono"
        self._codec.sample_rate = RATE_HZ
        self._codec.time_base = _TIME_BASE
        self._codec.options = options

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        assert isinstance(frame, av.AudioFrame)
        pts = frame.pts or 0
        return [bytes(packet) for packet in self._codec.encode(frame)], pts

    def pack(self, packet: "Packet[Any]") -> tuple[list[bytes], int]:
        return [bytes(packet)], convert_timebase(packet.pts or 0, packet.time_base, _TIME_BASE)


def stethoscope_encoder() -> MonoOpusEncoder:
    return MonoOpusEncoder(STETHOSCOPE, STETHOSCOPE_BPS)


def voice_encoder() -> MonoOpusEncoder:
    return MonoOpusEncoder(VOICE, VOICE_BPS)
