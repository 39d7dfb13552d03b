"""Golden voice packets, and a line that loses, delays, reorders, repeats and cuts; all in simulated time."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from kiosk.call.receiving.opus import opus_decoder
from kiosk.call.receiving.playout import Playout

RATE_HZ = 48_000
SSRC = 7
FIRST_NUMBER, FIRST_TIMESTAMP = 65_500, (1 << 32) - 4_000  # both wrap soon

Sound = NDArray[np.int16]


def tone(seconds: float, tone_hz: float = 440.0) -> Sound:
    at_s = np.arange(int(RATE_HZ * seconds)) / RATE_HZ
    return np.asarray(8000 * np.sin(2 * np.pi * tone_hz * at_s), dtype=np.int16)


def voice(seconds: float) -> Sound:
    """A hum with formants and syllables: libopus takes it for speech, and protects it."""
    at_s = np.arange(int(RATE_HZ * seconds)) / RATE_HZ
    pitch_hz = 120 + 25 * np.sin(2 * np.pi * 0.7 * at_s)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    formant_hz = 500 + 250 * np.sin(2 * np.pi * 1.9 * at_s)
    sound = np.zeros(len(at_s))
    for harmonic in range(1, 20):
        weight = np.exp(-(((harmonic * pitch_hz - formant_hz) / 150) ** 2)) + 0.08
        sound += weight * np.sin(harmonic * phase)
    sound *= np.clip(np.sin(2 * np.pi * 2.1 * at_s) + 1.1, 0.05, 1)
    return np.asarray(sound / np.abs(sound).max() * 12_000, dtype=np.int16)


def encode(sound: Sound, packet_ms: int = 20) -> list[bytes]:
    codec = av.CodecContext.create("libopus", "w")
    codec.bit_rate, codec.format, codec.layout = 32_000, "s16", "mono"
    codec.sample_rate, codec.time_base = RATE_HZ, Fraction(1, RATE_HZ)
    codec.options = {
        "application": "voip",
        "fec": "1",
        "packet_loss": "10",
        "frame_duration": str(packet_ms),
    }
    packets, size = [], RATE_HZ * packet_ms // 1000
    for start in range(0, len(sound) - size + 1, size):
        frame = av.AudioFrame.from_ndarray(
            sound[start : start + size].reshape(1, -1), format="s16", layout="mono"
        )
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
        packets += [bytes(packet) for packet in codec.encode(frame)]
    return packets


@dataclass(frozen=True, slots=True)
class Line:
    """`reorder` False: jitter delays, but keeps the order. `cut`: nothing passes from .. to, in seconds."""

    loss: float = 0.0
    jitter_s: float = 0.0
    reorder: bool = False
    repeat: float = 0.0
    cut: tuple[float, float] = (0.0, 0.0)
    drift_ppm: float = 0.0

    def arrivals(self, count: int, packet_ms: int) -> list[tuple[float, int]]:
        """(second, number of packet), in order of arrival."""
        chance, latest_s, found = random.Random(11), 0.0, []
        for number in range(count):
            sent_s = number * packet_ms / 1000 * (1 + self.drift_ppm / 1e6)
            if chance.random() < self.loss or self.cut[0] <= sent_s < self.cut[1]:
                continue
            arrived_s = sent_s + 0.03 + chance.random() * self.jitter_s
            if not self.reorder:
                arrived_s = latest_s = max(latest_s, arrived_s)
            found.append((arrived_s, number))
            if chance.random() < self.repeat:
                found.append((arrived_s + 0.01, number))
        return sorted(found)


@dataclass(frozen=True, slots=True)
class Heard:
    playout: Playout
    sound: Sound
    depths_ms: list[float]

    @property
    def guessed(self) -> float:
        """The share of sound that is neither what was sent nor its copy."""
        played = self.playout.played
        return played.plc / (played.sound + played.fec + played.plc)


def through(packets: Sequence[bytes], line: Line, packet_ms: int = 20, seconds: float | None = None) -> Heard:
    """Play them as they arrive, a tick each 20 ms of simulated time."""
    playout, sound, depths_ms, now_s = Playout(opus_decoder()), [], [], 0.001
    end_s = len(packets) * packet_ms / 1000 if seconds is None else seconds
    count = int(end_s * 1000 / packet_ms)
    waiting = line.arrivals(count, packet_ms)[::-1]
    while now_s < end_s:
        while waiting and waiting[-1][0] <= now_s:
            _, number = waiting.pop()
            timestamp = FIRST_TIMESTAMP + number * packet_ms * RATE_HZ // 1000
            payload = packets[number % len(packets)]
            playout.buffer.put(SSRC, (FIRST_NUMBER + number) & 0xFFFF, timestamp & 0xFFFFFFFF, payload)
        sound.append(playout.tick())
        depths_ms.append(playout.depth_ms)
        now_s += 0.02
    return Heard(playout, np.concatenate(sound), depths_ms)


def level_of(sound: Sound, tone_hz: float) -> float:
    """How much of the sound's energy lies within 10 Hz of that tone."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    at_hz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    return float(power[np.abs(at_hz - tone_hz) < 10].sum() / power.sum())
