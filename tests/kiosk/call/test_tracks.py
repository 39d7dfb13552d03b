"""What the kiosk sends: a track that is told to stop stops, whatever arrives at that moment."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from drivers.chunks import CHUNK_SAMPLES, AudioChunk, ChunkQueue
from kiosk.call.switch import Switch
from kiosk.call.tracks import PcmTrack


class Microphone:
    """A source with one listener, which speaks when it is told to."""

    def __init__(self) -> None:
        self.queue = ChunkQueue()

    @contextmanager
    def listen(self) -> Iterator[ChunkQueue]:
        yield self.queue

    def speak(self) -> None:
        self.queue.put(AudioChunk(np.ones(CHUNK_SAMPLES, dtype=np.int16), 0.0, 1))


@pytest.mark.parametrize("steps", range(6))
async def test_a_cancellation_is_never_swallowed(steps: int) -> None:
    """Also not when sound comes in the same turn of the loop: the connection would never close."""
    microphone = Microphone()
    track = PcmTrack(microphone, Switch(on=True), Switch(), fill=True)
    receiving = asyncio.create_task(track.recv())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    microphone.speak()
    for _ in range(steps):
        await asyncio.sleep(0)
    if receiving.cancel():
        with pytest.raises(asyncio.CancelledError):
            await receiving
    track.stop()
