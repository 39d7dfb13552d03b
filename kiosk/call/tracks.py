"""The four tracks that the kiosk sends. Imports aiortc: loaded with the first connection, not before."""

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack
from fractions import Fraction

import av
import numpy as np
from aiortc import MediaStreamTrack

from drivers.chunks import CHUNK_MS, CHUNK_SAMPLES, RATE_HZ, ChunkQueue, Samples
from drivers.frames import FrameSlot, VideoFrame
from kiosk.call.settings import PcmSource
from kiosk.call.switch import Switch

VIDEO_CLOCK_HZ = 90_000
_VIDEO_TIME_BASE = Fraction(1, VIDEO_CLOCK_HZ)
_AUDIO_TIME_BASE = Fraction(1, RATE_HZ)
_SILENCE = np.zeros(CHUNK_SAMPLES, dtype=np.int16)
_PATIENCE_S = 3 * CHUNK_MS / 1000  # a microphone that is later than this is replaced by silence
_DRIFT_MAX = RATE_HZ // 5  # samples


class VideoTrack(MediaStreamTrack):
    """The latest picture of a slot, at most `rate_hz` times a second; nothing at all while `switch` is off.

    `resumed` is called before the first picture after a pause (the encoder then makes a key frame).
    """

    kind = "video"

    def __init__(self, slot: FrameSlot, switch: Switch, rate_hz: float) -> None:
        super().__init__()
        self._slot = slot
        self._switch = switch
        self._period_s = 1 / rate_hz
        self._started_s = time.monotonic()
        self._due_s = 0.0
        self._sequence = -1
        self.resumed: Callable[[], None] = lambda: None

    async def recv(self) -> av.VideoFrame:
        while True:
            if not self._switch.on:
                await self._switch.wait_on()
                self._sequence = -1
                self.resumed()
            await self._pace()
            picture = await self._slot.next(self._sequence)
            self._sequence = picture.sequence
            if self._switch.on:  # it may have been switched off while we waited
                return self._frame(picture)

    async def _pace(self) -> None:
        """Wait for the next place in the grid; some slack lets a camera of equal rate keep every picture."""
        now_s = time.monotonic()
        if self._due_s > now_s:
            await asyncio.sleep(self._due_s - now_s)
        self._due_s = max(self._due_s, now_s - self._period_s) + self._period_s * 0.9

    def _frame(self, picture: VideoFrame) -> av.VideoFrame:
        frame = av.VideoFrame.from_ndarray(picture.i420, format="yuv420p")
        frame.pts = int((time.monotonic() - self._started_s) * VIDEO_CLOCK_HZ)
        frame.time_base = _VIDEO_TIME_BASE
        return frame


class PcmTrack(MediaStreamTrack):
    """A microphone in chunks of 20 ms. Nothing while `switch` is off; silence while `muted` is on."""

    kind = "audio"

    def __init__(self, source: PcmSource, switch: Switch, muted: Switch, fill: bool) -> None:
        """`fill`: send silence when the microphone gives nothing (a voice), else wait for it."""
        super().__init__()
        self._source = source
        self._switch = switch
        self._muted = muted
        self._patience_s = _PATIENCE_S if fill else None
        self._stack = ExitStack()
        self._queue: ChunkQueue | None = None
        self._started_s = time.monotonic()
        self._pts = 0

    async def recv(self) -> av.AudioFrame:
        samples = await self._samples()
        while not self._switch.on:
            self._close_queue()
            await self._switch.wait_on()
            samples = await self._samples()
        return self._frame(_SILENCE if self._muted.on else samples)

    async def _samples(self) -> Samples:
        if not self._switch.on:
            return _SILENCE
        if self._queue is None:
            self._queue = self._stack.enter_context(self._source.listen())
        try:
            # Not `wait_for`: a cancellation that it swallows would leave the sender running for ever.
            async with asyncio.timeout(self._patience_s):
                chunk = await self._queue.get()
        except TimeoutError:
            return _SILENCE
        if chunk is None:  # the source was closed: ask it again, not too often
            self._close_queue()
            await asyncio.sleep(CHUNK_MS / 1000)
            return _SILENCE
        return chunk.samples

    def _frame(self, samples: Samples) -> av.AudioFrame:
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        elapsed = int((time.monotonic() - self._started_s) * RATE_HZ)
        if elapsed - self._pts > _DRIFT_MAX:  # after a pause: the time that passed is not to be made up for
            self._pts = elapsed
        frame.pts, frame.time_base = self._pts, _AUDIO_TIME_BASE
        self._pts += CHUNK_SAMPLES
        return frame

    def _close_queue(self) -> None:
        self._stack.close()
        self._queue = None

    def stop(self) -> None:
        self._close_queue()
        super().stop()
