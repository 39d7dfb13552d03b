"""Listens to the voice microphone for a moment. Nothing is kept but how loud it was."""

import asyncio

import numpy as np

from drivers.chunks import CHUNK_MS, Samples
from drivers.levels import Level, measure_level
from kiosk.call.settings import PcmSource

OPENING_S = 3.0
LISTENING_S = 1.5


async def listen(
    source: PcmSource, opening_s: float = OPENING_S, listening_s: float = LISTENING_S
) -> Level | None:
    """The level of `listening_s` of sound; of less when it stops; None when none came in `opening_s`."""
    pieces: list[Samples] = []
    try:
        async with asyncio.timeout(opening_s) as limit:
            with source.listen() as queue:
                async for chunk in queue:
                    if not pieces:
                        limit.reschedule(asyncio.get_running_loop().time() + 2 * listening_s)
                    pieces.append(chunk.samples)
                    if len(pieces) * CHUNK_MS >= listening_s * 1000:
                        break
    except TimeoutError:
        pass  # what came until now is judged
    return measure_level(np.concatenate(pieces)) if pieces else None
