"""Heart sounds through the codec: a tone goes in, the level of that tone comes out."""

from fractions import Fraction

import av
import numpy as np
import pytest
from aiortc.codecs.base import Encoder
from aiortc.codecs.opus import OpusDecoder, OpusEncoder
from aiortc.jitterbuffer import JitterFrame
from numpy.typing import NDArray

from kiosk.call.repairs.mono_opus import stethoscope_encoder, voice_encoder

RATE_HZ, CHUNK, SECONDS, LEVEL = 48_000, 960, 4, 0.2


def through(encoder: Encoder, tone_hz: float) -> NDArray[np.float64]:
    decoder, sound = OpusDecoder(), []
    at_s = np.arange(RATE_HZ * SECONDS) / RATE_HZ
    tone = (LEVEL * np.sin(2 * np.pi * tone_hz * at_s) * 32767).astype(np.int16)
    for start in range(0, len(tone), CHUNK):
        frame = av.AudioFrame.from_ndarray(
            tone[start : start + CHUNK].reshape(1, -1), format="s16", layout="mono"
        )
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, start, Fraction(1, RATE_HZ)
        payloads, _ = encoder.encode(frame)
        for payload in payloads:
            for decoded in decoder.decode(JitterFrame(payload, start)):
                assert isinstance(decoded, av.AudioFrame)
                sound.append(decoded.to_ndarray().reshape(-1, 2)[:, 0] / 32767)
    return np.concatenate(sound)


def change_db(sound: NDArray[np.float64], tone_hz: float) -> float:
    """The tone's level against what was sent, from two seconds of the middle."""
    part = sound[RATE_HZ : RATE_HZ * 3]
    window = np.hanning(len(part))
    turning = np.exp(-2j * np.pi * tone_hz * np.arange(len(part)) / RATE_HZ)
    level = 2 * abs(np.sum(part * window * turning)) / window.sum()
    return float(20 * np.log10(level / LEVEL))


@pytest.mark.parametrize("tone_hz", [20, 30, 60, 100, 200, 500])
def test_the_stethoscope_is_true_within_one_decibel(tone_hz: float) -> None:
    assert abs(change_db(through(stethoscope_encoder(), tone_hz), tone_hz)) < 1


def test_a_voice_passes() -> None:
    assert abs(change_db(through(voice_encoder(), 440), 440)) < 1.5


def test_the_library_still_damages_heart_sounds() -> None:
    """When this fails, aiortc can be asked for another mode: drop the repair."""
    assert change_db(through(OpusEncoder(), 30), 30) < -6


def test_a_pause_shows_in_the_rtp_time() -> None:
    encoder, silence = stethoscope_encoder(), np.zeros((1, CHUNK), dtype=np.int16)
    times = []
    for pts in (0, 960, 48_000, 48_960):
        frame = av.AudioFrame.from_ndarray(silence, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, pts, Fraction(1, RATE_HZ)
        payloads, time = encoder.encode(frame)
        assert len(payloads) == 1
        times.append(time)
    assert times == [0, 960, 48_000, 48_960]
