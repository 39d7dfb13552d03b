"""A tone through an encoder and the library's decoder."""

from fractions import Fraction

import av
import numpy as np
from aiortc.codecs.base import Encoder
from aiortc.codecs.opus import OpusDecoder
from aiortc.jitterbuffer import JitterFrame
from numpy.typing import NDArray

RATE_HZ, CHUNK, LEVEL = 48_000, 960, 0.2

Sound = NDArray[np.float64]


def tone(tone_hz: float, seconds: float) -> Sound:
    return LEVEL * np.sin(2 * np.pi * tone_hz * np.arange(round(RATE_HZ * seconds)) / RATE_HZ)


def chunk(sound: Sound, pts: int) -> av.AudioFrame:
    samples = (sound * 32767).astype(np.int16).reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, pts, Fraction(1, RATE_HZ)
    return frame


def encoded(encoder: Encoder, sound: Sound) -> list[tuple[int, bytes]]:
    """The packets, each with its time."""
    packets = []
    for start in range(0, len(sound), CHUNK):
        payloads, timestamp = encoder.encode(chunk(sound[start : start + CHUNK], start))
        packets.extend([(timestamp, payload) for payload in payloads])
    return packets


def decoded(packets: list[tuple[int, bytes]]) -> Sound:
    decoder = OpusDecoder()
    parts = []
    for timestamp, payload in packets:
        for frame in decoder.decode(JitterFrame(payload, timestamp)):
            assert isinstance(frame, av.AudioFrame)
            parts.append(frame.to_ndarray().reshape(-1, 2)[:, 0] / 32767)
    return np.concatenate(parts)


def change_db(sound: Sound, tone_hz: float) -> float:
    """The tone's level against what was sent, from two seconds of the middle of four."""
    part = sound[RATE_HZ : RATE_HZ * 3]
    window = np.hanning(len(part))
    turning = np.exp(-2j * np.pi * tone_hz * np.arange(len(part)) / RATE_HZ)
    level = 2 * abs(np.sum(part * window * turning)) / window.sum()
    return float(20 * np.log10(level / LEVEL))
