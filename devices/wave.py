"""A live wave in chunks. Samples between which some were lost never share one."""

from decimal import Decimal

from devices.event import Event, Samples
from devices.metrics import Metric


class WaveChunks:
    """One stream, sample by sample."""

    def __init__(self, metric: Metric, rate_hz: int, samples_per_chunk: int) -> None:
        self._metric = metric
        self._period_ms = Decimal(1000) / rate_hz
        self._samples_per_chunk = samples_per_chunk
        self._samples: list[int] = []
        self._gap = False

    def add(self, sample: int) -> list[Event]:
        self._samples.append(sample)
        return self._flush() if len(self._samples) == self._samples_per_chunk else []

    def lost(self) -> list[Event]:
        """What comes next does not follow what came before."""
        events = self._flush()
        self._gap = True
        return events

    def _flush(self) -> list[Event]:
        if not self._samples:
            return []
        chunk = Samples(self._metric, self._period_ms, tuple(self._samples), self._gap)
        self._samples.clear()
        self._gap = False
        return [chunk]
