"""The stethoscope's clip: what was heard, and nothing that was not."""

import io
import wave

import numpy as np
import pytest
from numpy.typing import NDArray

from kiosk.clip import CAPTURE_RATE_HZ, CLIP_RATE_HZ, wav_clip

SECONDS = 2
EDGE = CLIP_RATE_HZ // 10  # the filter's ends


def tone(frequency_hz: float, level: float = 0.5) -> NDArray[np.int16]:
    at_s = np.arange(CAPTURE_RATE_HZ * SECONDS) / CAPTURE_RATE_HZ
    return np.rint(32767 * level * np.sin(2 * np.pi * frequency_hz * at_s)).astype(np.int16)


def played(pcm: NDArray[np.int16]) -> NDArray[np.float64]:
    with wave.open(io.BytesIO(wav_clip(pcm))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, CLIP_RATE_HZ)
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    return samples.astype(np.float64)


def level_db(samples: NDArray[np.float64], level: float = 0.5) -> float:
    """Against the tone that went in."""
    rms = np.sqrt(np.mean(samples[EDGE:-EDGE] ** 2))
    return float(20 * np.log10(max(rms, 1e-9) * np.sqrt(2) / (32767 * level)))


@pytest.mark.parametrize("frequency_hz", [20, 35, 50, 100, 200, 440, 700, 1000, 2000, 3000])
def test_heart_and_lungs_keep_their_level(frequency_hz: float) -> None:
    assert abs(level_db(played(tone(frequency_hz)))) < 0.5


@pytest.mark.parametrize("frequency_hz", [4500, 5000, 6000, 7000, 7800, 12_000, 20_000])
def test_what_the_clip_cannot_hold_does_not_come_back_as_something_else(frequency_hz: float) -> None:
    assert level_db(played(tone(frequency_hz))) < -60


def test_the_pitch_stays() -> None:
    samples = played(tone(150))
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert int(np.argmax(spectrum)) * CLIP_RATE_HZ / len(samples) == pytest.approx(150, abs=0.6)


def test_nothing_is_moved_in_time() -> None:
    click = np.zeros(CAPTURE_RATE_HZ, dtype=np.int16)
    click[CAPTURE_RATE_HZ // 2] = 32767
    assert int(np.argmax(np.abs(played(click)))) == CLIP_RATE_HZ // 2


def test_the_length_stays_and_full_scale_does_not_wrap_around() -> None:
    loud = np.where(tone(50) > 0, 32767, -32768).astype(np.int16)
    samples = played(loud)
    assert len(samples) == CLIP_RATE_HZ * SECONDS
    assert set(np.sign(samples[10:70])) == {1.0}  # the first half of the wave, ringing included
