"""The stethoscope's clips: the record has every sample, the copy for the line nothing that was not there."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from kiosk.clip import CAPTURE_RATE_HZ, LINE_RATE_HZ, Pcm, decode_flac, line_clip, record_clip
from tests.fakes.heart import heart_beat

SECONDS = 2
EDGE = LINE_RATE_HZ // 10  # the filter's ends


def tone(frequency_hz: float, level: float = 0.5) -> Pcm:
    at_s = np.arange(CAPTURE_RATE_HZ * SECONDS) / CAPTURE_RATE_HZ
    return np.rint(32767 * level * np.sin(2 * np.pi * frequency_hz * at_s)).astype(np.int16)


def played(pcm: Pcm) -> Pcm:
    """What the page gets to play of a clip in the record."""
    samples, rate_hz = decode_flac(line_clip(record_clip(pcm)))
    assert rate_hz == LINE_RATE_HZ
    return samples


def level_db(samples: Pcm, level: float = 0.5) -> float:
    """Against the tone that went in."""
    rms = np.sqrt(np.mean(samples[EDGE:-EDGE].astype(float) ** 2))
    return float(20 * np.log10(max(rms, 1e-9) * np.sqrt(2) / (32767 * level)))


@settings(max_examples=25, deadline=None)
@given(hnp.arrays(np.int16, st.integers(1, 20_000)))
def test_the_record_is_bit_exact_whatever_was_heard(pcm: Pcm) -> None:
    samples, rate_hz = decode_flac(record_clip(pcm))
    assert rate_hz == CAPTURE_RATE_HZ
    np.testing.assert_array_equal(samples, pcm)


def test_the_record_proves_itself() -> None:
    """FLAC keeps the MD5 of the samples in its header (RFC 9639, section 8.2)."""
    pcm = np.random.default_rng(5).integers(-32768, 32768, CAPTURE_RATE_HZ).astype(np.int16)
    clip = record_clip(pcm)
    assert clip[:4] == b"fLaC"
    assert clip[26:42] == hashlib.md5(pcm.astype("<i2").tobytes(), usedforsecurity=False).digest()


@pytest.mark.parametrize("frequency_hz", [20, 35, 50, 100, 200, 440, 700, 1000, 1500])
def test_heart_and_lungs_keep_their_level_on_a_poor_line(frequency_hz: float) -> None:
    assert abs(level_db(played(tone(frequency_hz)))) < 0.1


@pytest.mark.parametrize("frequency_hz", [2100, 2500, 3500, 4500, 7800, 12_000, 20_000])
def test_what_the_copy_cannot_hold_does_not_come_back_as_something_else(frequency_hz: float) -> None:
    assert level_db(played(tone(frequency_hz))) < -60


def test_nothing_is_moved_in_time() -> None:
    click = np.zeros(CAPTURE_RATE_HZ, dtype=np.int16)
    click[CAPTURE_RATE_HZ // 2] = 32767
    assert int(np.argmax(np.abs(played(click)))) == LINE_RATE_HZ // 2


def test_the_length_stays_and_full_scale_does_not_wrap_around() -> None:
    loud = np.where(tone(50) > 0, 32767, -32768).astype(np.int16)
    samples = played(loud)
    assert len(samples) == LINE_RATE_HZ * SECONDS
    assert set(np.sign(samples[5:35])) == {1}  # the first half of the wave, ringing included


def test_a_heart_costs_a_poor_line_little() -> None:
    heart = np.tile(heart_beat(), 13)[: 10 * CAPTURE_RATE_HZ]
    noise = np.random.default_rng(3).normal(0, 12, len(heart))
    clip = line_clip(record_clip((heart + noise).astype(np.int16)))
    assert len(clip) * 8 / 10 < 32_000  # bit/s
