"""Takes the physician's own voice out of the patient's microphone (AEC3). Never used on the stethoscope.

What the loudspeaker is given comes back by the room some tens of milliseconds later. The canceller needs both
sounds side by side: each 20 ms of the microphone with 20 ms of what was played, in the order it was played.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from drivers.chunks import CHUNK_SAMPLES, RATE_HZ, ChunkQueue, Samples
from kiosk.call.both_talk import BothTalk
from kiosk.call.receiving.sink import latency_s, waiting_s
from kiosk.call.settings import PcmSink, PcmSource

_SILENCE = np.zeros(CHUNK_SAMPLES, dtype=np.int16)
# The loudspeaker's own delay is longer: what was played is always handed over before it is heard again.
_LEAD = 2 * CHUNK_SAMPLES
_PLAYED_MAX = 8 * CHUNK_SAMPLES


class Played:
    """What the loudspeaker was given and the canceller has not seen yet; silence where nothing was played."""

    def __init__(self) -> None:
        self._samples: Samples = np.zeros(0, dtype=np.int16)

    def add(self, samples: Samples) -> None:
        """After a pause it starts with some silence, so that small gaps in time do not shift the sound."""
        if not len(self._samples):
            self._samples = np.zeros(_LEAD, dtype=np.int16)
        self._samples = np.concatenate((self._samples, samples))[-_PLAYED_MAX:]

    def take(self) -> Samples:
        """The next 20 ms."""
        taken, self._samples = self._samples[:CHUNK_SAMPLES], self._samples[CHUNK_SAMPLES:]
        return taken if len(taken) == CHUNK_SAMPLES else np.concatenate((taken, _SILENCE))[:CHUNK_SAMPLES]


class EchoGuard:
    """Stands between the call and the kiosk's voice microphone and loudspeaker: it is both for the call.

    One for a whole call: what it has learned of the room outlives a connection. Used on one asyncio loop.
    """

    def __init__(self, microphone: PcmSource, loudspeaker: PcmSink) -> None:
        self._microphone = microphone
        self._loudspeaker = loudspeaker
        self._played = Played()
        self._canceller: Any = None
        self._both_talk = BothTalk()
        self._queues: list[ChunkQueue] = []
        self._pump: asyncio.Task[None] | None = None

    def play(self, samples: Samples) -> None:
        """To the loudspeaker, remembered."""
        if self._pump is not None:
            self._played.add(samples)
        self._loudspeaker.play(samples)

    @property
    def latency_s(self) -> float:
        """The loudspeaker's own delay."""
        return latency_s(self._loudspeaker)

    @property
    def waiting_s(self) -> float | None:
        """How much it has not played yet."""
        return waiting_s(self._loudspeaker)

    @contextmanager
    def listen(self) -> Iterator[ChunkQueue]:
        """The microphone without the echo: 20 ms chunks of 48 kHz mono."""
        queue = ChunkQueue()
        self._queues.append(queue)
        if self._pump is None:
            self._pump = asyncio.create_task(self._run())
        try:
            yield queue
        finally:
            self._queues.remove(queue)
            queue.close()
            if not self._queues and self._pump is not None:
                self._pump.cancel()
                self._pump = None

    async def _run(self) -> None:
        """Until nobody listens. A microphone that goes away ends the queues: the listeners ask again."""
        with self._microphone.listen() as source:
            async for chunk in source:
                clean = replace(chunk, samples=self.clean(chunk.samples))
                for queue in self._queues:
                    queue.put(clean)
        for queue in self._queues:
            queue.close()
        self._pump = None

    def clean(self, near: Samples) -> Samples:
        """One chunk of the microphone without what the loudspeaker said; costs about 0.2 ms."""
        if self._canceller is None:
            from pywebrtc_audio import EchoCanceller  # lazy: the first screen must not pay for it

            self._canceller = EchoCanceller(sample_rate=RATE_HZ, num_channels=1)
        cleaned = self._canceller.process(near, self._played.take())
        return self._both_talk.mix(near, np.asarray(cleaned, dtype=np.int16).reshape(-1))
