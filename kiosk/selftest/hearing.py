"""Plays the tone and listens to the voice microphone meanwhile. Nothing is kept but levels."""

import asyncio
from collections import deque
from dataclasses import dataclass

import numpy as np

from drivers.chunks import CHUNK_MS, ChunkQueue, Samples
from drivers.levels import Level, measure_level
from kiosk.call.checks.judging import SILENT_BELOW_DBFS
from kiosk.call.checks.output import play
from kiosk.call.settings import PcmSource
from kiosk.selftest.tone import LOOK_S, TONE_S, Tone, find_tone, is_heard, make_tone

OPENING_S = 3.0
PLAYING_S = TONE_S + 2.0  # a sound server may keep a second of it before the first sample is heard
_LOOK_CHUNKS = round(LOOK_S * 1000 / CHUNK_MS)
_STEP = 5


@dataclass(frozen=True, slots=True)
class Heard:
    """`room` None: the microphone gave no sound. `played`: the sound server took the whole tone."""

    room: Level | None = None
    tone: Tone | None = None
    heard: bool = False
    played: bool = True


async def hear_tone(voice: PcmSource, sink: str) -> Heard:
    """The room before, then the tone on `sink`: ends as soon as it is heard."""
    with voice.listen() as queue:
        try:
            async with asyncio.timeout(OPENING_S):
                before = await _take(queue, _LOOK_CHUNKS)
        except TimeoutError:
            return Heard()
        room = measure_level(before)
        if room.peak_dbfs <= SILENT_BELOW_DBFS:
            return Heard(room)  # it is switched off: it would not hear the tone either
        playing = asyncio.create_task(play(sink, make_tone().tobytes()))
        try:
            tone, heard = await _listen(queue, find_tone(before))
            played = await playing
        finally:
            playing.cancel()
            await asyncio.wait([playing])
    return Heard(room, tone, heard, played)


async def _listen(queue: ChunkQueue, before: Tone) -> tuple[Tone, bool]:
    """The tone as it is heard, once it is there in full; else what came nearest to it."""
    best = Tone(before.level_dbfs, 0.0)
    recent: deque[Samples] = deque(maxlen=_LOOK_CHUNKS)
    try:
        async with asyncio.timeout(PLAYING_S):
            while True:
                recent.extend(np.split(await _take(queue, _STEP), _STEP))
                found = find_tone(np.concatenate(recent)) if len(recent) == _LOOK_CHUNKS else before
                if is_heard(found, before):
                    return find_tone(await _take(queue, _LOOK_CHUNKS)), True
                best = max(best, found, key=lambda tone: tone.above_db)
    except TimeoutError:
        return best, False


async def _take(queue: ChunkQueue, count: int) -> Samples:
    """So many pieces. Raises TimeoutError when the microphone goes away."""
    pieces = []
    for _ in range(count):
        chunk = await queue.get()
        if chunk is None:
            raise TimeoutError("the microphone went away")
        pieces.append(chunk.samples)
    return np.concatenate(pieces)
