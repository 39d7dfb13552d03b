"""The tone of the self-test, and whether it is in what a microphone heard. Pure."""

from dataclasses import dataclass

import numpy as np

from drivers.chunks import RATE_HZ, Samples

TONE_HZ = 1015.0  # no multiple of the mains, well inside what small loudspeakers and microphones pass
TONE_S = 0.8
LOOK_S = 0.3
_AMPLITUDE = 4000
_EDGE_S = 0.01
_WITHIN_HZ = 12.0
_AROUND_HZ = (40.0, 300.0)
_ABOVE_NEIGHBOURS_DB = 15.0
_ABOVE_BEFORE_DB = 10.0
_FLOOR = 1e-12


@dataclass(frozen=True, slots=True)
class Tone:
    """Of a piece of sound: how loud the tone's own pitch is, and how far above the pitches around it."""

    level_dbfs: float
    above_db: float


def make_tone() -> Samples:
    """Quiet, with soft edges."""
    at_s = np.arange(round(RATE_HZ * TONE_S)) / RATE_HZ
    edge = np.clip(np.minimum(at_s, at_s[::-1]) / _EDGE_S, 0, 1)
    return np.asarray(_AMPLITUDE * edge * np.sin(2 * np.pi * TONE_HZ * at_s), dtype=np.int16)


def find_tone(sound: Samples) -> Tone:
    """`sound`: int16 mono at 48 kHz, some `LOOK_S` of it."""
    window = np.hanning(len(sound))
    amplitude = np.abs(np.fft.rfft(sound * window / 32768)) * 2 / window.sum()
    power = amplitude**2 / 2 + _FLOOR
    away_hz = np.abs(np.fft.rfftfreq(len(sound), 1 / RATE_HZ) - TONE_HZ)
    around = power[(away_hz >= _AROUND_HZ[0]) & (away_hz <= _AROUND_HZ[1])]
    tone = power[away_hz <= _WITHIN_HZ].max()
    return Tone(float(10 * np.log10(tone)), float(10 * np.log10(tone / np.median(around))))


def is_heard(tone: Tone, before: Tone) -> bool:
    """By its pitch: it stands out from its neighbours, and was not there before. Loud noise does neither."""
    new = tone.level_dbfs - before.level_dbfs >= _ABOVE_BEFORE_DB
    return new and tone.above_db >= _ABOVE_NEIGHBOURS_DB
