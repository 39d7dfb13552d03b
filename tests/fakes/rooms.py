"""Rooms and voices made of numbers: what a microphone hears of a loudspeaker and of somebody near it."""

import numpy as np
from numpy.typing import NDArray

from drivers.chunks import RATE_HZ

Signal = NDArray[np.float64]

_SYLLABLE = RATE_HZ // 10
_FULL_SCALE = 32767


def speech(seconds: float, seed: int, pitch_hz: float) -> Signal:
    """Something with the rhythm, the harmonics and the pauses of a voice; peak 0.5."""
    random = np.random.default_rng(seed)
    count = int(seconds * RATE_HZ)
    at_s = np.arange(count) / RATE_HZ
    phase = 2 * np.pi * np.cumsum(pitch_hz * (1 + 0.15 * np.sin(2 * np.pi * 0.7 * at_s + seed))) / RATE_HZ
    tone = sum(np.sin(k * phase) / k for k in range(1, 25)) + 0.1 * random.standard_normal(count)
    spoken = (random.random(count // _SYLLABLE + 1) > 0.35) * random.uniform(0.4, 1.0, count // _SYLLABLE + 1)
    window = np.hanning(_SYLLABLE // 2)
    envelope = np.convolve(np.repeat(spoken, _SYLLABLE)[:count], window / window.sum(), mode="same")
    voice = tone * envelope
    return np.asarray(voice / np.abs(voice).max() * 0.5, dtype=np.float64)


def echo_of(sound: Signal, delay_s: float, reverberation_s: float = 0.3, gain: float = 0.5) -> Signal:
    """What the room gives back: late, and with decaying reflections (60 dB in `reverberation_s`)."""
    count = int(reverberation_s * RATE_HZ)
    response = np.random.default_rng(2).standard_normal(count) * np.exp(-6.9 * np.arange(count) / count)
    response *= gain / np.sqrt((response**2).sum())
    late = np.concatenate((np.zeros(int(delay_s * RATE_HZ)), response))
    length = len(sound) + len(late)
    whole = np.fft.irfft(np.fft.rfft(sound, length) * np.fft.rfft(late, length), length)
    return np.asarray(whole[: len(sound)], dtype=np.float64)


def to_pcm(signal: Signal) -> NDArray[np.int16]:
    return np.asarray(np.clip(signal, -1, 1) * _FULL_SCALE, dtype=np.int16)


def power_db(pcm: NDArray[np.int16]) -> float:
    """Against full scale; silence is -100 dB."""
    return float(10 * np.log10(np.mean((pcm.astype(np.float64) / _FULL_SCALE) ** 2) + 1e-10))


def likeness(clean: NDArray[np.int16], heard: NDArray[np.int16]) -> float:
    """How well the rhythm of each band of a voice survives, 0 to 1: the idea of STOI (Taal et al., 2011)."""
    one, other = _bands(clean), _bands(heard)
    spoken = one.sum(axis=0) > one.sum(axis=0).max() * 1e-3
    one, other = one[:, spoken], other[:, spoken]
    return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(one, other, strict=True)]))


def _bands(pcm: NDArray[np.int16]) -> Signal:
    """Amplitudes in third-octave bands from 150 Hz up, one column each 25 ms."""
    frame = RATE_HZ // 40
    blocks = pcm[: len(pcm) // frame * frame].reshape(-1, frame).astype(np.float64) * np.hanning(frame)
    spectrum = np.abs(np.fft.rfft(blocks, 4096, axis=1)) ** 2
    frequency_hz = np.fft.rfftfreq(4096, 1 / RATE_HZ)
    edges_hz = 150 * 2 ** (np.arange(15) / 3)
    inside = [(frequency_hz >= low) & (frequency_hz < low * 2 ** (1 / 3)) for low in edges_hz]
    return np.asarray(np.sqrt([spectrum[:, band].sum(axis=1) for band in inside]), dtype=np.float64)
