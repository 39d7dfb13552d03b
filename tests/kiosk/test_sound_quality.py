"""Whether a stethoscope can be listened to, of sounds whose noise is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.chunks import Samples, chunk_samples
from kiosk.events import SoundQuality
from kiosk.sound_quality import SoundJudge, band_dbfs
from tests.fakes.heart import RATE_HZ, heart_beat

Sound = NDArray[np.float64]
RATES_HZ = (4_000, 8_000, 11_025, 16_000, 44_100, 48_000)


def heart(seconds: float, rate_hz: int = RATE_HZ, level: float = 0.3) -> Sound:
    beats = np.tile(heart_beat() * level, int(seconds) * 2)
    at = np.arange(int(seconds * rate_hz)) / rate_hz
    return np.asarray(np.interp(at, np.arange(len(beats)) / RATE_HZ, beats), dtype=np.float64)


def noise(seconds: float, amplitude: float, rate_hz: int = RATE_HZ) -> Sound:
    sound: Sound = np.random.default_rng(3).normal(0, amplitude, int(seconds * rate_hz))
    return sound


def breath(seconds: float) -> Sound:
    """In and out fifteen times a minute, with the quiet after."""
    at_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    sound: Sound = noise(seconds, 600) * np.clip(np.sin(2 * np.pi * at_s / 4), 0.02, 1)
    return sound


def judged(sound: Sound, rate_hz: int = RATE_HZ) -> SoundQuality:
    judge = SoundJudge()
    for piece in pieces(sound, rate_hz):
        judge.add(piece, rate_hz)
    return judge.quality


def pieces(sound: Sound, rate_hz: int) -> list[Samples]:
    samples = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
    size = chunk_samples(rate_hz)
    return [samples[at : at + size] for at in range(0, len(samples), size)]


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_heart_in_silence_is_clear(rate_hz: int) -> None:
    assert judged(heart(8, rate_hz) + noise(8, 10, rate_hz), rate_hz) is SoundQuality.CLEAR


def test_lungs_in_silence_are_clear() -> None:
    assert judged(breath(9) + noise(9, 10)) is SoundQuality.CLEAR


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_fan_is_noise(rate_hz: int) -> None:
    """As loud in the band at every rate: noise without colour has most of its power above it."""
    fan = noise(8, 1500 * (rate_hz / 4_000) ** 0.5, rate_hz)
    assert judged(heart(8, rate_hz) + fan, rate_hz) is SoundQuality.NOISY


def test_hum_is_noise() -> None:
    hum = 3000 * np.sin(2 * np.pi * 50 * np.arange(8 * RATE_HZ) / RATE_HZ)
    assert judged(heart(8) + hum) is SoundQuality.NOISY


def test_one_knock_does_not_hide_the_noise() -> None:
    fan = noise(6, 3000)
    fan[4 * RATE_HZ : 4 * RATE_HZ + RATE_HZ // 10] *= 3
    assert judged(fan) is SoundQuality.NOISY


def test_what_is_not_heard_by_a_stethoscope_does_not_count() -> None:
    whistle = 3000 * np.sin(2 * np.pi * 5000 * np.arange(8 * RATE_HZ) / RATE_HZ)
    assert judged(heart(8) + noise(8, 10) + whistle) is SoundQuality.CLEAR


@pytest.mark.parametrize("amplitude", [0, 1])
def test_nothing_is_silence(amplitude: float) -> None:
    assert judged(noise(6, amplitude)) is SoundQuality.SILENT


def test_what_is_cut_off_is_too_loud_until_it_is_over() -> None:
    loud = heart(8, level=3.0)
    assert judged(loud) is SoundQuality.LOUD
    assert judged(np.concatenate((loud, heart(3)))) is SoundQuality.CLEAR


def test_too_little_is_not_judged() -> None:
    assert judged(noise(1.9, 3000)) is SoundQuality.LISTENING
    assert judged(noise(2.1, 3000)) is SoundQuality.NOISY


def test_another_sound_is_judged_anew() -> None:
    judge = SoundJudge()
    for piece in pieces(noise(6, 3000), RATE_HZ):
        judge.add(piece, RATE_HZ)
    judge.forget()
    forgotten = judge.quality
    for piece in pieces(heart(4, 8_000), 8_000):
        judge.add(piece, 8_000)
    assert (forgotten, judge.quality) == (SoundQuality.LISTENING, SoundQuality.CLEAR)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_tone_has_its_level(rate_hz: int) -> None:
    at_s = np.arange(round(rate_hz * 0.05)) / rate_hz
    tone = (16384 * np.sin(2 * np.pi * 200 * at_s)).astype(np.int16)
    assert band_dbfs(tone, rate_hz) == pytest.approx(-9.03, abs=0.1)
