"""What both screens are told of the stethoscope while it is heard."""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby

import numpy as np
import pytest

from drivers.chunks import AudioChunk, ChunkQueue, Samples
from kiosk.events import SoundHeard, SoundQuality
from kiosk.sound_meter import HELD_TELLS, TOLD_EVERY_CHUNKS, SoundMeter
from kiosk.sound_quality import SoundJudge
from tests.fakes.heart import heart_beat


class Heart:
    """Gives what it is told to, and then is gone."""

    def __init__(self, chunks: list[AudioChunk]) -> None:
        self._chunks = chunks

    @contextmanager
    def listen_raw(self) -> Iterator[ChunkQueue]:
        queue = ChunkQueue(len(self._chunks))
        for chunk in self._chunks:
            queue.put(chunk)
        queue.close()
        yield queue


def beating(seconds: float, from_s: float, gap: int = 0) -> list[AudioChunk]:
    return chunks(hearts(seconds), from_s, gap)


def hearts(seconds: float) -> Samples:
    return np.tile(heart_beat(), int(seconds) * 2)[: int(seconds * 48_000)]


def chunks(sound: Samples, from_s: float, gap: int = 0) -> list[AudioChunk]:
    parts = sound.reshape(-1, 960)
    return [AudioChunk(part, from_s + n * 0.02, n, gap if n == 0 else 0) for n, part in enumerate(parts)]


def told(chunks: list[AudioChunk]) -> list[SoundHeard]:
    heard: list[SoundHeard] = []
    asyncio.run(SoundMeter(Heart(chunks), heard.append).run())
    return heard


def test_the_loudest_of_each_moment_is_told() -> None:
    heard = told(beating(6, 100.0))
    assert len(heard) == 300 // TOLD_EVERY_CHUNKS
    assert heard[-1].quality is SoundQuality.CLEAR
    peak_dbfs = 20 * np.log10(np.abs(heart_beat()).max() / 32768)
    assert max(each.peak_dbfs for each in heard) == pytest.approx(peak_dbfs, abs=0.01)


def test_what_was_heard_before_a_pause_or_a_hole_says_nothing_of_now() -> None:
    for after in (beating(1, 200.0), beating(1, 106.0, gap=20)):
        assert told(beating(6, 100.0) + after)[-1].quality is SoundQuality.LISTENING


def test_at_the_threshold_a_verdict_is_told_once_it_has_held_for_a_second() -> None:
    """A heart beside a fan, not far from 8 dB apart."""
    fan = np.random.default_rng(3).normal(0, 2500, 20 * 48_000)
    sound = chunks(np.rint(hearts(20) * 0.3 + fan).astype(np.int16), 100.0)
    assert min(lengths(judged(sound))) == 1, "it flips"
    qualities = [each.quality for each in told(sound)]
    assert {SoundQuality.NOISY, SoundQuality.CLEAR} < set(qualities)
    assert min(lengths(qualities)) > HELD_TELLS


def test_too_loud_is_told_at_once_and_what_comes_after_it_when_that_has_held() -> None:
    loud = chunks(np.full(9_600, 32_767, dtype=np.int16), 106.0)
    heard = [each.quality for each in told(beating(6, 100.0) + loud + beating(5, 106.2))][29:]
    before, during, after = (len(list(run)) for _, run in groupby(heard))
    assert (heard[0], heard[1], heard[-1]) == (SoundQuality.CLEAR, SoundQuality.LOUD, SoundQuality.CLEAR)
    assert (before, during + after) == (1, 26)
    assert during > 1.5 / 0.2 + HELD_TELLS


def judged(sound: list[AudioChunk]) -> Iterator[SoundQuality]:
    """What the judge says each time that something is told."""
    judge = SoundJudge()
    for number, chunk in enumerate(sound, start=1):
        judge.add(chunk.samples, chunk.rate_hz)
        if number % TOLD_EVERY_CHUNKS == 0:
            yield judge.quality


def lengths(qualities: Iterable[SoundQuality]) -> list[int]:
    """How often each was said in a row."""
    return [len(list(run)) for _, run in groupby(qualities)]
