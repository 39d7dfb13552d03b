"""The live sound at 48 kHz: true where hearts and lungs are, in whole chunks, and of its own time."""

import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.chunks import CHUNK_SAMPLES, RATE_HZ, AudioChunk, chunk_samples
from drivers.live_rate import LiveRate
from tests.kiosk.call.encoding.tones import LEVEL, change_db

RATES_HZ = (4_000, 8_000, 11_025, 16_000, 44_100)


def chunks(tone_hz: float, rate_hz: int, seconds: float, first: int = 1, gap: int = 0) -> list[AudioChunk]:
    """A tone as an instrument of that rate gives it, captured from 100 s on."""
    size = chunk_samples(rate_hz)
    count = int(seconds * rate_hz) // size
    at_s = np.arange(count * size) / rate_hz
    sound = np.rint(LEVEL * 32767 * np.sin(2 * np.pi * tone_hz * at_s)).astype(np.int16)
    return [
        AudioChunk(part, 100 + (n + 1) * size / rate_hz, first + n, gap if n == 0 else 0, rate_hz)
        for n, part in enumerate(sound.reshape(count, size))
    ]


def live(given: list[AudioChunk]) -> list[AudioChunk]:
    rate = LiveRate()
    return [made for chunk in given for made in rate.feed(chunk)]


def sound_of(made: list[AudioChunk]) -> NDArray[np.float64]:
    return np.concatenate([chunk.samples for chunk in made]) / 32767


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("tone_hz", [20, 40, 200, 1000])
def test_heart_and_lungs_keep_their_level(tone_hz: float, rate_hz: int) -> None:
    assert abs(change_db(sound_of(live(chunks(tone_hz, rate_hz, 4))), tone_hz)) < 0.1


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_chunks_are_whole_and_each_has_its_time(rate_hz: int) -> None:
    given = chunks(50, rate_hz, 2)
    made = live(given)
    assert {(len(chunk.samples), chunk.rate_hz) for chunk in made} == {(CHUNK_SAMPLES, RATE_HZ)}
    assert [chunk.sequence for chunk in made] == list(range(1, len(made) + 1))
    assert len(made) >= len(given) - 2, "what waits to be a chunk is no more than the filter's own"
    ends_s = [100 + 0.02 * (n + 1) for n in range(len(made))]
    assert [chunk.captured_s for chunk in made] == pytest.approx(ends_s, abs=1e-6)


def test_what_is_at_48_khz_passes_as_it_is() -> None:
    given = chunks(50, RATE_HZ, 0.2)
    assert all(a is b for a, b in zip(given, live(given), strict=True))


def test_a_hole_is_told_and_nothing_from_before_it_comes_after() -> None:
    before, silence = chunks(333, 8_000, 1), chunks(0, 8_000, 1, first=51, gap=30)
    rate = LiveRate()
    for chunk in before:
        rate.feed(chunk)
    made = [new for chunk in silence for new in rate.feed(chunk)]
    assert [chunk.gap for chunk in made] == [30] + [0] * (len(made) - 1)
    assert not sound_of(made).any()
