"""The voice as mono Opus with its own repair data (RFC 7587), in short packets or in few."""

from fractions import Fraction
from typing import Any

import av
import numpy as np
from aiortc.codecs.base import Encoder
from aiortc.mediastreams import convert_timebase
from av.frame import Frame
from av.packet import Packet

from drivers.chunks import CHUNK_MS, CHUNK_SAMPLES, RATE_HZ, Samples
from kiosk.call.streams import VoiceMode

TIME_BASE = Fraction(1, RATE_HZ)
_BIT_RATES_BPS = {VoiceMode.FULL: 32_000, VoiceMode.LEAN: 16_000}
# Told of less loss, libopus finds 16 kbit/s too few for repair data and sends none.
_LOSS_PERCENT = {VoiceMode.FULL: "12", VoiceMode.LEAN: "25"}
_CHUNKS = {VoiceMode.FULL: 1, VoiceMode.LEAN: 3}
_PRIMING = max(_CHUNKS.values())
_SILENCE = np.zeros(CHUNK_SAMPLES, dtype=np.int16)


def opus(bit_rate_bps: int, packet_ms: int, options: dict[str, str]) -> av.AudioCodecContext:
    """An open mono encoder, one packet for each frame of `packet_ms`."""
    codec = av.CodecContext.create("libopus", "w")
    codec.bit_rate = bit_rate_bps
    codec.format = "s16"
    codec.layout = "mono"
    codec.sample_rate = RATE_HZ
    codec.time_base = TIME_BASE
    codec.options = options | {"frame_duration": str(packet_ms)}
    codec.open()
    return codec


class VoiceEncoder(Encoder):
    """Takes chunks of exactly 20 ms. `mode` may be set at any time, from any thread.

    A new mode begins with the next whole packet: no sample is lost or repeated.
    """

    def __init__(self, mode: VoiceMode = VoiceMode.FULL) -> None:
        self.mode = mode
        self._history: list[Samples] = [_SILENCE] * _PRIMING
        self._collected: list[Samples] = []
        self._first = 0
        self._samples = 0
        self._begin(mode)

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        """The packet that this chunk completes, if any, and the time of the packet's first sample."""
        assert isinstance(frame, av.AudioFrame)
        pts = frame.pts or 0
        packets: list[bytes] = []
        timestamp = self._first
        if self._collected and pts != self._first + len(self._collected) * CHUNK_SAMPLES:
            packets = self._pad()
        if not self._collected:
            self._first = pts
            if self.mode != self._mode:
                self._begin(self.mode)
        self._collected.append(np.asarray(frame.to_ndarray(), dtype=np.int16).reshape(-1))
        if packets:
            return packets, timestamp
        return self._whole(), self._first

    def _pad(self) -> list[bytes]:
        """Time has jumped: what was collected is sent with silence behind it."""
        missing = _CHUNKS[self._mode] - len(self._collected)
        self._collected.extend([_SILENCE] * missing)
        return self._whole()

    def _whole(self) -> list[bytes]:
        if len(self._collected) < _CHUNKS[self._mode]:
            return []
        chunks, self._collected = self._collected, []
        self._history = (self._history + chunks)[-_PRIMING:]
        return self._packet(chunks)

    def _begin(self, mode: VoiceMode) -> None:
        """Opus looks 6.5 ms ahead: the new encoder hears again what the old one still held back."""
        self._mode = mode
        chunks = _CHUNKS[mode]
        options = {"application": "voip", "fec": "1", "packet_loss": _LOSS_PERCENT[mode]}
        self._codec = opus(_BIT_RATES_BPS[mode], chunks * CHUNK_MS, options)
        for end in range(chunks, _PRIMING + 1, chunks):
            self._packet(self._history[end - chunks : end])

    def _packet(self, chunks: list[Samples]) -> list[bytes]:
        samples = np.concatenate(chunks).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate, frame.time_base = RATE_HZ, TIME_BASE
        frame.pts, self._samples = self._samples, self._samples + samples.size
        return [bytes(packet) for packet in self._codec.encode(frame)]

    def pack(self, packet: "Packet[Any]") -> tuple[list[bytes], int]:
        return [bytes(packet)], convert_timebase(packet.pts or 0, packet.time_base, TIME_BASE)
