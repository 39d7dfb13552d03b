"""The stethoscope's clips: the record has every sample, the copy for the line nothing that was not there."""

import hashlib
import io
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from kiosk.clip import (
    CAPTURE_RATE_HZ,
    LINE_RATE_HZ,
    ClipError,
    Pcm,
    decode_flac,
    flac_rate_hz,
    line_clip,
    record_clip,
    reduced,
    wav,
)
from tests.fakes.heart import heart_beat

SECONDS = 2
EDGE = LINE_RATE_HZ // 10  # the filter's ends
FRAME = b"\xff\xf8"  # how each begins (RFC 9639, section 9.1)


RATES_HZ = (4_000, 8_000, 11_025, 16_000, 44_100, 48_000)


def tone(frequency_hz: float, level: float = 0.5, rate_hz: int = CAPTURE_RATE_HZ) -> Pcm:
    at_s = np.arange(rate_hz * SECONDS) / rate_hz
    return np.rint(32767 * level * np.sin(2 * np.pi * frequency_hz * at_s)).astype(np.int16)


def played(pcm: Pcm, rate_hz: int = CAPTURE_RATE_HZ) -> Pcm:
    """What the page gets to play of a clip in the record."""
    samples, line_rate_hz = decode_flac(line_clip(record_clip(pcm, rate_hz)))
    assert line_rate_hz == LINE_RATE_HZ
    return samples


def level_db(samples: Pcm, level: float = 0.5) -> float:
    """Against the tone that went in."""
    rms = np.sqrt(np.mean(samples[EDGE:-EDGE].astype(float) ** 2))
    return float(20 * np.log10(max(rms, 1e-9) * np.sqrt(2) / (32767 * level)))


@settings(max_examples=25, deadline=None)
@given(hnp.arrays(np.int16, st.integers(1, 20_000)), st.sampled_from(RATES_HZ))
def test_the_record_is_bit_exact_whatever_was_heard(pcm: Pcm, rate_hz: int) -> None:
    clip = record_clip(pcm, rate_hz)
    samples, said_hz = decode_flac(clip)
    assert said_hz == flac_rate_hz(clip) == rate_hz
    np.testing.assert_array_equal(samples, pcm)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_its_owner_has_the_same_samples_as_wav(rate_hz: int) -> None:
    pcm = np.random.default_rng(6).integers(-32768, 32768, rate_hz // 2).astype(np.int16)
    with wave.open(io.BytesIO(wav(record_clip(pcm, rate_hz)))) as file:
        assert file.getparams()[:4] == (1, 2, rate_hz, len(pcm))
        np.testing.assert_array_equal(np.frombuffer(file.readframes(len(pcm)), dtype="<i2"), pcm)


def test_a_head_without_sound_is_no_clip() -> None:
    clip = record_clip(tone(100))
    for head in (clip[: clip.index(FRAME)], clip[: clip.index(FRAME) + 3]):
        with pytest.raises(ClipError, match="no sound"):
            wav(head)


@pytest.mark.parametrize("data", [b"", b"fLaC", b"RIFF" + bytes(100)])
def test_what_is_no_sound_has_no_rate(data: bytes) -> None:
    assert flac_rate_hz(data) is None


def test_the_record_proves_itself() -> None:
    """FLAC keeps the MD5 of the samples in its header (RFC 9639, section 8.2)."""
    pcm = np.random.default_rng(5).integers(-32768, 32768, CAPTURE_RATE_HZ).astype(np.int16)
    clip = record_clip(pcm)
    assert clip[:4] == b"fLaC"
    assert clip[26:42] == hashlib.md5(pcm.astype("<i2").tobytes(), usedforsecurity=False).digest()


@pytest.mark.parametrize("frequency_hz", [20, 35, 50, 100, 200, 440, 700, 1000, 1500])
def test_heart_and_lungs_keep_their_level_on_a_poor_line(frequency_hz: float) -> None:
    assert abs(level_db(played(tone(frequency_hz)))) < 0.1


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("frequency_hz", [20, 200, 1000, 1500])
def test_the_rate_of_the_instrument_changes_nothing_of_it(frequency_hz: float, rate_hz: int) -> None:
    assert abs(level_db(played(tone(frequency_hz, rate_hz=rate_hz), rate_hz))) < 0.1
    whole = played(tone(frequency_hz))[EDGE:-EDGE].astype(int)
    of_rate = played(tone(frequency_hz, rate_hz=rate_hz), rate_hz)[EDGE:-EDGE]
    assert np.abs(of_rate - whole).max() < 200, "a quarter of a millisecond would make more of it"


@pytest.mark.parametrize("count", [1, 7, 441, 44_100, 44_101])
def test_no_length_is_too_odd(count: int) -> None:
    assert len(reduced(np.ones(count, dtype=np.int16), 44_100)) == -(-count * 4_000 // 44_100)


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
