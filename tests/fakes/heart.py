"""Synthesised sounds: a heart at 72 beats a minute, and a quiet room that nobody can take for one."""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

RATE_HZ = 48_000
BEATS_PER_MINUTE = 72
BEAT_SAMPLES = RATE_HZ * 60 // BEATS_PER_MINUTE
ROOM_TONE_HZ = 1_200

# (start s, length s, amplitude, frequencies Hz): S1 is longer and lower than S2.
S1 = (0.02, 0.14, 0.50, (32.0, 48.0, 66.0))
S2 = (0.33, 0.10, 0.32, (58.0, 84.0, 118.0))


def heart_beat() -> Samples:
    """One beat, 48 kHz mono: S1 and S2 between 20 and 200 Hz. It can be repeated without a seam."""
    beat = np.zeros(BEAT_SAMPLES)
    for start_s, length_s, amplitude, tones_hz in (S1, S2):
        count, first = int(length_s * RATE_HZ), int(start_s * RATE_HZ)
        t = np.arange(count) / RATE_HZ
        wave = sum(np.sin(2 * np.pi * tone_hz * t) for tone_hz in tones_hz) / len(tones_hz)
        beat[first : first + count] += amplitude * np.hanning(count) * wave
    return np.asarray(beat * 32767, dtype=np.int16)


def room_sound(seconds: int = 5) -> Samples:
    """Quiet noise with a faint whistle at `ROOM_TONE_HZ`, about -45 dBFS; a whole number of periods."""
    count = RATE_HZ * seconds
    t = np.arange(count) / RATE_HZ
    noise = np.random.default_rng(7).normal(0, 0.002, count)
    return np.asarray((noise + 0.006 * np.sin(2 * np.pi * ROOM_TONE_HZ * t)) * 32767, dtype=np.int16)


def share_of_band(samples: Samples, low_hz: float, high_hz: float) -> float:
    """The part of the energy (0 to 1, without DC) that lies between two frequencies."""
    power = np.abs(np.fft.rfft(samples.astype(float) - samples.mean())) ** 2
    frequency = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    return float(power[(frequency >= low_hz) & (frequency <= high_hz)].sum() / max(power.sum(), 1e-9))


def level_at(samples: Samples, tone_hz: float) -> float:
    """The amplitude (0 to 32767) of one tone."""
    window = np.hanning(len(samples))
    wave = np.exp(-2j * np.pi * tone_hz * np.arange(len(samples)) / RATE_HZ)
    return float(2 * abs((samples * window * wave).sum()) / window.sum())
