"""The four tracks that the kiosk sends. Imports aiortc: loaded with the first connection, not before."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from contextlib import ExitStack
from fractions import Fraction

import av
import numpy as np
from aiortc import MediaStreamTrack

from drivers.chunks import CHUNK_MS, CHUNK_SAMPLES, RATE_HZ, AudioChunk, ChunkQueue
from drivers.frames import FrameSlot, VideoFrame
from kiosk.call.encoding.target import LiveTarget
from kiosk.call.settings import PcmSource
from kiosk.call.switch import Switch

VIDEO_CLOCK_HZ = 90_000
_VIDEO_TIME_BASE = Fraction(1, VIDEO_CLOCK_HZ)
_AUDIO_TIME_BASE = Fraction(1, RATE_HZ)
_SILENCE = np.zeros(CHUNK_SAMPLES, dtype=np.int16)
_PATIENCE_S = 3 * CHUNK_MS / 1000  # a microphone that is later than this is replaced by silence
# Sound that stays this late against its own clock has really paused; a loop that was busy catches up at once.
_LATE_S, _LATE_CHUNKS, _LATE_AT_ONCE_S = 0.06, 8, 0.5
_FOLLOW = 1 / 500  # of what the sound card's clock has drifted away, at each chunk: ten seconds
_EARLY = 0.1  # of a period: lets a camera of equal rate keep every picture
_BACKLOG_PERIODS, _BACKLOG_MAX_S = 1.5, 0.15


class VideoTrack(MediaStreamTrack):
    """The latest picture of a slot, as often as `target` says; nothing while it or `switch` is off.

    A picture's time is when it was captured, in seconds after `origin_s` (`time.monotonic()`).
    While `backlog_s`, what waits to be sent, is too long, or `must_wait`, pictures are skipped: none waits.
    `resumed` is called before the first picture after a pause (the encoder then makes a key frame).
    """

    kind = "video"

    def __init__(
        self,
        slot: FrameSlot,
        switch: Switch,
        rate_hz: float,
        target: LiveTarget | None = None,
        origin_s: float | None = None,
        backlog_s: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`rate_hz`: at most this, whatever the target."""
        super().__init__()
        self._slot = slot
        self._switch = switch
        self._target = target or LiveTarget()
        self._origin_s = time.monotonic() if origin_s is None else origin_s
        self._due_s = 0.0
        self._sequence = -1
        self._pts = -1
        self.rate_hz = rate_hz
        self.backlog_s = backlog_s
        self.must_wait: Callable[[], bool] = lambda: False
        self.resumed: Callable[[], None] = lambda: None

    @property
    def _running(self) -> bool:
        return self._switch.on and not self._target.paused

    @property
    def _period_s(self) -> float:
        return 1 / max(min(self.rate_hz, self._target.value.size.rate_hz), 0.1)

    async def recv(self) -> av.VideoFrame:
        while True:
            if not self._running:
                await self._resume()
            if self._crowded:
                await asyncio.sleep(self._period_s / 4)
                continue
            picture = await self._due()
            self._sequence = picture.sequence
            if self._running:  # it may have been paused while we waited
                return self._frame(picture)

    async def _resume(self) -> None:
        while not self._running:
            await self._switch.wait_on()
            await self._target.wait_running()
        self._sequence = -1
        self.resumed()

    async def _due(self) -> VideoFrame:
        """Each picture is taken as it comes, or left for the next one: none waits for its place in time."""
        picture, period_s = await self._slot.next(self._sequence), self._period_s
        with contextlib.suppress(TimeoutError):  # the camera has stopped: this is its last picture
            async with asyncio.timeout(2 * period_s):
                while time.monotonic() < self._due_s - _EARLY * period_s:
                    picture = await self._slot.next(picture.sequence)
        self._due_s = max(self._due_s, time.monotonic() - period_s) + period_s
        return picture

    @property
    def _crowded(self) -> bool:
        return self.must_wait() or self.backlog_s() > min(_BACKLOG_PERIODS * self._period_s, _BACKLOG_MAX_S)

    def _frame(self, picture: VideoFrame) -> av.VideoFrame:
        # Not a copy: a picture in a slot is never changed.
        frame = av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(picture.i420), format="yuv420p")
        self._pts = max(self._pts + 1, round(self.pts_at(picture.captured_s)))
        frame.pts, frame.time_base = self._pts, _VIDEO_TIME_BASE
        return frame

    def pts_at(self, captured_s: float) -> float:
        """The time of a picture captured then (`time.monotonic()`), in the track's clock."""
        return (captured_s - self._origin_s) * VIDEO_CLOCK_HZ


class PcmTrack(MediaStreamTrack):
    """A microphone in chunks of 20 ms. Nothing while `switch` is off; silence while `muted` is on.

    Its times count its own samples, from when they were captured, in seconds after `origin_s`; only a real
    pause makes them jump. `pts_at` follows the slow drift between that clock and ours.
    """

    kind = "audio"

    def __init__(
        self, source: PcmSource, switch: Switch, muted: Switch, fill: bool, origin_s: float | None = None
    ) -> None:
        """`fill`: send silence when the microphone gives nothing (a voice), else wait for it."""
        super().__init__()
        self._source = source
        self._switch = switch
        self._muted = muted
        self._patience_s = _PATIENCE_S if fill else None
        self._stack = ExitStack()
        self._queue: ChunkQueue | None = None
        self._origin_s = time.monotonic() if origin_s is None else origin_s
        self._pts: int | None = None
        self._drift = 0.0
        self._late_chunks = 0

    async def recv(self) -> av.AudioFrame:
        chunk = await self._chunk()
        while not self._switch.on:
            self._close_queue()
            await self._switch.wait_on()
            chunk = await self._chunk()
        return self._frame(chunk)

    async def _chunk(self) -> AudioChunk:
        if not self._switch.on:
            return _silence()
        if self._queue is None:
            self._queue = self._stack.enter_context(self._source.listen())
        try:
            # Not `wait_for`: a cancellation that it swallows would leave the sender running for ever.
            async with asyncio.timeout(self._patience_s):
                chunk = await self._queue.get()
        except TimeoutError:
            return _silence()
        if chunk is None:  # the source was closed: ask it again, not too often
            self._close_queue()
            await asyncio.sleep(CHUNK_MS / 1000)
            return _silence()
        return chunk

    def _frame(self, chunk: AudioChunk) -> av.AudioFrame:
        samples = _SILENCE if self._muted.on else chunk.samples
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        frame.pts, frame.time_base = self._time(chunk), _AUDIO_TIME_BASE
        return frame

    def _time(self, chunk: AudioChunk) -> int:
        """Of the chunk's first sample: 960 after the one before, unless sound is missing between them."""
        captured = (chunk.captured_s - CHUNK_MS / 1000 - self._origin_s) * RATE_HZ
        self._pts = max(0, round(captured)) if self._pts is None else self._pts + CHUNK_SAMPLES
        late = captured - self._drift - self._pts
        self._late_chunks = self._late_chunks + 1 if late > _LATE_S * RATE_HZ else 0
        if self._late_chunks > _LATE_CHUNKS or late > _LATE_AT_ONCE_S * RATE_HZ:
            self._pts, self._late_chunks = self._pts + round(late), 0
        elif not self._late_chunks:
            self._drift += late * _FOLLOW
        return self._pts

    def pts_at(self, captured_s: float) -> float:
        """The time of a sample captured then (`time.monotonic()`), in the track's clock."""
        return (captured_s - self._origin_s) * RATE_HZ - self._drift

    def _close_queue(self) -> None:
        self._stack.close()
        self._queue = None

    def stop(self) -> None:
        self._close_queue()
        super().stop()


def _silence() -> AudioChunk:
    """In place of a chunk that does not come."""
    return AudioChunk(_SILENCE, time.monotonic(), 0)
