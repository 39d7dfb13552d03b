"""How the stethoscope sounds while it is recorded: a few times a second, for both screens."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from drivers.chunks import AudioChunk, ChunkQueue
from drivers.levels import SILENCE_DBFS, measure_level
from kiosk.events import SoundHeard, SoundQuality
from kiosk.sound_quality import SoundJudge

TOLD_EVERY_CHUNKS = 10  # 0.2 s
HELD_TELLS = 5  # a second
_AT_ONCE = (SoundQuality.LISTENING, SoundQuality.LOUD)
_BREAK_S = 0.5  # without sound: it was switched off meanwhile


class RawSource(Protocol):
    """An instrument that is heard, sample by sample."""

    def listen_raw(self) -> AbstractContextManager[ChunkQueue]: ...


class SteadyQuality:
    """The verdict that last held for a second: at a threshold it may change with every look, and nobody can
    read a sentence that does. Too loud is said at once, as it hurts; so is that there is no verdict yet.
    """

    def __init__(self) -> None:
        self._steady = self._seen = SoundQuality.LISTENING
        self._held = 0

    def look(self, seen: SoundQuality) -> SoundQuality:
        """Call it with what is judged at each tell."""
        self._held = self._held + 1 if seen is self._seen else 0
        self._seen = seen
        if seen in _AT_ONCE or self._held >= HELD_TELLS:
            self._steady = seen
        return self._steady


class SoundMeter:
    """`run` for as long as the kiosk lives: it costs nothing while nothing is recorded."""

    def __init__(self, source: RawSource, tell: Callable[[SoundHeard], None]) -> None:
        self._source = source
        self._tell = tell
        self._judge = SoundJudge()
        self._steady = SteadyQuality()
        self._peak_dbfs = SILENCE_DBFS
        self._chunks = 0
        self._heard_s = 0.0

    async def run(self) -> None:
        with self._source.listen_raw() as queue:
            async for chunk in queue:
                self._take(chunk)

    def _take(self, chunk: AudioChunk) -> None:
        if chunk.gap or chunk.captured_s - self._heard_s > _BREAK_S:
            self._judge.forget()
        self._heard_s = chunk.captured_s
        self._judge.add(chunk.samples, chunk.rate_hz)
        self._peak_dbfs = max(self._peak_dbfs, measure_level(chunk.samples).peak_dbfs)
        self._chunks += 1
        if self._chunks == TOLD_EVERY_CHUNKS:
            self._tell(SoundHeard(self._peak_dbfs, self._steady.look(self._judge.quality)))
            self._peak_dbfs, self._chunks = SILENCE_DBFS, 0
