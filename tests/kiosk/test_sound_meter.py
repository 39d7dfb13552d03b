"""What both screens are told of the stethoscope while it is heard."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from drivers.chunks import AudioChunk, ChunkQueue
from kiosk.events import SoundHeard, SoundQuality
from kiosk.sound_meter import TOLD_EVERY_CHUNKS, SoundMeter
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
    sound = np.tile(heart_beat(), int(seconds) * 2)[: int(seconds * 48_000)].reshape(-1, 960)
    return [AudioChunk(part, from_s + n * 0.02, n, gap if n == 0 else 0) for n, part in enumerate(sound)]


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
