"""Sound in pieces of 20 ms, and the short queue in which one listener finds them."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

RATE_HZ = 48_000
CHUNK_MS = 20
CHUNK_SAMPLES = RATE_HZ * CHUNK_MS // 1000
QUEUED_CHUNKS = 25


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """Mono samples: 960 at 48 kHz, `chunk_samples` at another rate.

    `captured_s`: `time.monotonic()` of the last one; `gap`: chunks lost just before it.
    """

    samples: Samples
    captured_s: float
    sequence: int
    gap: int = 0
    rate_hz: int = RATE_HZ


def chunk_samples(rate_hz: int) -> int:
    """How many make 20 ms; rounded down where that is no whole number (11025 Hz)."""
    return rate_hz * CHUNK_MS // 1000


class ChunkQueue:
    """At most half a second for one slow listener: the oldest is dropped, and the next one says how many.

    Used on one asyncio loop. Iterate with `async for`; the iteration ends with `close`.
    """

    def __init__(self, capacity: int = QUEUED_CHUNKS) -> None:
        self._chunks: deque[AudioChunk] = deque()
        self._capacity = capacity
        self._lost = 0
        self._closed = False
        self._changed = asyncio.Event()

    def put(self, chunk: AudioChunk) -> None:
        """Append, dropping the oldest when full."""
        if len(self._chunks) >= self._capacity:
            oldest = self._chunks.popleft()
            self._lost += 1 + oldest.gap
        self._chunks.append(chunk)
        self._changed.set()

    def close(self) -> None:
        """Nothing more will come: what is queued can still be read."""
        self._closed = True
        self._changed.set()

    async def get(self) -> AudioChunk | None:
        """The oldest chunk, waiting for one; None once closed and empty."""
        while not self._chunks:
            if self._closed:
                return None
            self._changed.clear()
            await self._changed.wait()
        chunk = self._chunks.popleft()
        lost, self._lost = self._lost, 0
        return replace(chunk, gap=chunk.gap + lost) if lost else chunk

    async def __aiter__(self) -> AsyncIterator[AudioChunk]:
        while (chunk := await self.get()) is not None:
            yield chunk
