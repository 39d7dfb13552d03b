"""Heart sounds through the codec: a tone goes in, the level of that tone comes out."""

import numpy as np
import pytest
from aiortc.codecs.opus import OpusEncoder

from kiosk.call.encoding.stethoscope import StethoscopeEncoder
from tests.kiosk.call.encoding.tones import CHUNK, change_db, chunk, decoded, encoded, tone


@pytest.mark.parametrize("tone_hz", [20, 25, 30, 40, 60, 100, 200, 500, 1000])
def test_the_sound_is_true_within_half_a_decibel(tone_hz: float) -> None:
    assert abs(change_db(decoded(encoded(StethoscopeEncoder(), tone(tone_hz, 4))), tone_hz)) < 0.5


def test_a_pause_shows_in_the_rtp_time() -> None:
    encoder, times = StethoscopeEncoder(), []
    for pts in (0, 960, 48_000, 48_960):
        payloads, time = encoder.encode(chunk(np.zeros(CHUNK), pts))
        assert len(payloads) == 1
        times.append(time)
    assert times == [0, 960, 48_000, 48_960]


def test_the_library_still_damages_heart_sounds() -> None:
    """When this fails, aiortc can be asked for another mode: see whether our own encoder is still needed."""
    assert change_db(decoded(encoded(OpusEncoder(), tone(30, 4))), 30) < -6
