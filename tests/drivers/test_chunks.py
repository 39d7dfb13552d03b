"""The queue of a slow listener: bounded, the newest sound kept, every loss told."""

import asyncio

import numpy as np

from drivers.chunks import AudioChunk, ChunkQueue


def chunk(sequence: int, gap: int = 0) -> AudioChunk:
    return AudioChunk(np.zeros(960, dtype=np.int16), float(sequence), sequence, gap)


async def test_the_oldest_is_dropped_and_the_gap_told() -> None:
    queue = ChunkQueue(capacity=3)
    for sequence in range(10):
        queue.put(chunk(sequence))
    queue.close()
    assert [(each.sequence, each.gap) async for each in queue] == [(7, 7), (8, 0), (9, 0)]


async def test_a_gap_inside_a_dropped_chunk_is_not_forgotten() -> None:
    queue = ChunkQueue(capacity=1)
    queue.put(chunk(1, gap=5))
    queue.put(chunk(2, gap=1))
    got = await queue.get()
    assert got is not None and (got.sequence, got.gap) == (2, 7)


async def test_get_waits_for_sound_and_ends_with_close() -> None:
    queue = ChunkQueue()
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.put(chunk(1))
    got = await asyncio.wait_for(waiting, 5)
    assert got is not None and got.sequence == 1
    ending = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.close()
    assert await asyncio.wait_for(ending, 5) is None
