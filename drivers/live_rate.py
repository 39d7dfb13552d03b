"""What an instrument gives at its own rate, made into the 48 kHz of the call: once, for the call alone."""

from typing import Any

from drivers.chunks import CHUNK_SAMPLES, RATE_HZ, AudioChunk


class LiveRate:
    """Chunks of one recording in, chunks of exactly 20 ms at 48 kHz out; those of 48 kHz pass as they are.

    libswresample's default filter: flat to 1 kHz also where an instrument gives 4 kHz. What comes after a
    hole begins anew.
    """

    def __init__(self) -> None:
        self._resampler: Any = None
        self._expected = -1
        self._sequence = 0
        self._held = 0.0  # samples at 48 kHz that wait to make a chunk
        self._gap = 0

    def feed(self, chunk: AudioChunk) -> list[AudioChunk]:
        """None, one or two chunks; a hole before `chunk` is told with the first that follows it."""
        if chunk.rate_hz == RATE_HZ:
            return [chunk]
        if chunk.gap or chunk.sequence != self._expected:
            self._begin(chunk.gap)
        self._expected = chunk.sequence + 1
        self._held += len(chunk.samples) * RATE_HZ / chunk.rate_hz
        return [self._chunk(frame, chunk.captured_s) for frame in self._resampler.resample(_frame(chunk))]

    def _begin(self, gap: int) -> None:
        import av

        self._resampler = av.AudioResampler(
            format="s16", layout="mono", rate=RATE_HZ, frame_size=CHUNK_SAMPLES
        )
        self._held, self._gap = 0.0, gap

    def _chunk(self, frame: Any, captured_s: float) -> AudioChunk:
        """`captured_s`: of the last sample that went in."""
        self._held -= CHUNK_SAMPLES
        self._sequence += 1
        gap, self._gap = self._gap, 0
        samples = frame.to_ndarray().reshape(-1)
        return AudioChunk(samples, captured_s - self._held / RATE_HZ, self._sequence, gap)


def _frame(chunk: AudioChunk) -> Any:
    import av

    frame = av.AudioFrame.from_ndarray(chunk.samples.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = chunk.rate_hz
    return frame
