"""Sound that carries the packets before it along (RFC 2198): what one loss takes, the next brings back.

Opus' own repair data is worse sound, and missing where Opus hears no speech. This costs the sound once more.
"""

from collections import deque
from typing import Any

from aiortc.codecs.base import Encoder
from av.frame import Frame
from av.packet import Packet

from kiosk.call.encoding.voice import VoiceEncoder

DEPTH_MAX = 2
_OFFSET_MAX, _LENGTH_MAX = 1 << 14, 1 << 10  # RFC 2198 section 3: what the header has room for


class Redundancy:
    """`depth`: how many earlier payloads each one carries, 0 to `DEPTH_MAX`; may change at any time. Pure."""

    def __init__(self, block_type: int) -> None:
        """`block_type`: the payload type of what is inside."""
        self.depth = 0
        self._type = block_type
        self._before: deque[tuple[int, bytes]] = deque(maxlen=DEPTH_MAX)

    def pack(self, payload: bytes, timestamp: int) -> bytes:
        latest = list(self._before)[-self.depth :] if self.depth else []
        carried = [(then, data) for then, data in latest if self._fits(timestamp - then)]
        heads = b"".join(
            ((1 << 31) | (self._type << 24) | ((timestamp - then) << 10) | len(data)).to_bytes(4, "big")
            for then, data in carried
        )
        if len(payload) < _LENGTH_MAX:
            self._before.append((timestamp, payload))
        return heads + bytes([self._type]) + b"".join(data for _, data in carried) + payload

    @staticmethod
    def _fits(offset: int) -> bool:
        return 0 < offset < _OFFSET_MAX


class RedundantVoice(Encoder):
    """The voice's encoder with `redundancy` around each packet."""

    def __init__(self, voice: VoiceEncoder, redundancy: Redundancy) -> None:
        self._voice = voice
        self._redundancy = redundancy

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        payloads, timestamp = self._voice.encode(frame, force_keyframe)
        return [self._redundancy.pack(payload, timestamp) for payload in payloads], timestamp

    def pack(self, packet: "Packet[Any]") -> tuple[list[bytes], int]:
        return self._voice.pack(packet)
