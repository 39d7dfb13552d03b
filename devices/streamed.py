"""What oximeters that stream have in common: sensor states, chunks of pleth, thinned measurements."""

from devices.cadence import Cadence
from devices.event import Event, Rejected, Signal, SignalState
from devices.measuring import all_absent, measured
from devices.metrics import PLETH
from devices.reading import Quality, Quantity
from devices.wave import WaveChunks

_LATEST_S = 5


class StreamedOximeter:
    """Frames in, events out: at most one measurement a second, at least one every five while it measures.

    While the device is searching for the pulse nothing is measured. `numbers_hz`: where its numbers come
    apart from its wave.
    """

    def __init__(self, frames_hz: int, samples_per_chunk: int = 1, numbers_hz: int | None = None) -> None:
        self._wave = WaveChunks(PLETH, frames_hz, samples_per_chunk)
        soonest = numbers_hz or frames_hz
        self._cadence = Cadence(soonest, _LATEST_S * soonest)
        self._state: SignalState | None = None

    def frame(
        self,
        state: SignalState,
        pleth: int | None,
        numbers: tuple[Quantity, ...],
        raw: bytes,
        quality: frozenset[Quality] = frozenset(),
    ) -> list[Event]:
        """One frame; `pleth` None: it has no wave. `raw` is kept as the evidence of its measurement."""
        return [*self._signal(state), *self._sample(pleth), *self._measure(state, numbers, raw, quality)]

    def wave(self, state: SignalState, pleth: int) -> list[Event]:
        """A frame without numbers."""
        return [*self._signal(state), *self._sample(pleth)]

    def rejected(self, part: Rejected) -> list[Event]:
        """Bytes were lost here: samples after it never share a chunk with those before."""
        return [*self._wave.lost(), part]

    def _signal(self, state: SignalState) -> list[Event]:
        if state is self._state:
            return []
        self._state = state
        return [Signal(state)]

    def _sample(self, pleth: int | None) -> list[Event]:
        return [] if pleth is None else self._wave.add(pleth)

    def _measure(
        self, state: SignalState, numbers: tuple[Quantity, ...], raw: bytes, quality: frozenset[Quality]
    ) -> list[Event]:
        if state is SignalState.SEARCHING or self._cadence.too_soon:
            self._cadence.skip()
            return []
        if not self._cadence.due((numbers, quality), repeat=not all_absent(numbers)):
            return []
        return [measured(numbers, quality, raw)]
