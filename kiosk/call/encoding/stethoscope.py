"""Heart and lung sounds as mono Opus, true from 20 to 1000 Hz (aiortc's own takes 12 dB from 30 Hz)."""

from typing import Any

import av
from aiortc.codecs.base import Encoder
from aiortc.mediastreams import convert_timebase
from av.frame import Frame
from av.packet import Packet

from drivers.chunks import CHUNK_MS
from kiosk.call.encoding.voice import TIME_BASE, opus

_BIT_RATE_BPS = 64_000
# Any other application filters the low tones out; repair data would take from the sound itself.
_OPTIONS = {"application": "audio"}


class StethoscopeEncoder(Encoder):
    """One packet for each chunk of exactly 20 ms. Pauses between chunks show in the RTP time."""

    def __init__(self) -> None:
        self._codec = opus(_BIT_RATE_BPS, CHUNK_MS, _OPTIONS)

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        assert isinstance(frame, av.AudioFrame)
        return [bytes(packet) for packet in self._codec.encode(frame)], frame.pts or 0

    def pack(self, packet: "Packet[Any]") -> tuple[list[bytes], int]:
        return [bytes(packet)], convert_timebase(packet.pts or 0, packet.time_base, TIME_BASE)
