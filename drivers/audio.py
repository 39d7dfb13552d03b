"""The stethoscope and the voice microphone: found by identity, recorded when asked, never confused."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np

from devices.device import AudioMatch, Device
from devices.reading import DeviceIdentity, Kind
from drivers.board import Board
from drivers.chunks import CHUNK_MS, RATE_HZ, AudioChunk, ChunkQueue
from drivers.identity import is_meant, meant
from drivers.instrument import DriverError, InstrumentState, InstrumentStatus, Reason, Sink
from drivers.live_rate import LiveRate
from drivers.recorder import record
from drivers.sound_server import SoundServer, SoundSource, is_match

RETRY_S = 1.0
JITTER_MS = 200
CONFIRM_VOICE_S = 1.0

Choice = Callable[[Sequence[SoundSource], str], SoundSource | None]


@dataclass(frozen=True, slots=True)
class SourceRole:
    """What a source is used for, and which one is taken (of all sources, knowing the default's name).

    `confirm_every_s`: how often the server is asked whether we still hear it; 0 asks for every chunk.
    `own_rate`: recorded at the source's own rate, above 48 kHz at 48 kHz; else always at 48 kHz.
    """

    key: str
    kind: Kind
    name: str
    choose: Choice
    confirm_every_s: float = 0.0
    own_rate: bool = False

    def rate_hz(self, source: SoundSource) -> int:
        """At which `source` is recorded."""
        return min(source.rate_hz, RATE_HZ) if self.own_rate else RATE_HZ


def stethoscope_role(device: Device, chosen: str = "", voice: str = "") -> SourceRole:
    """The source that the site has chosen, else one that the catalogue recognises; never a monitor, never the
    chosen `voice`.
    """
    match = _audio_match(device)

    def choose(sources: Sequence[SoundSource], _default: str) -> SoundSource | None:
        fit = [source for source in sources if not source.monitor]
        if chosen:
            return meant(chosen, fit)
        return next((s for s in fit if is_match(s, match) and not is_meant(voice, s)), None)

    return SourceRole(device.key, Kind.STETHOSCOPE, device.name, choose, own_rate=True)


def board_role(device: Device) -> SourceRole:
    """The only one that there is."""
    return SourceRole(
        device.key, Kind.STETHOSCOPE, device.name, lambda sources, _: next(iter(sources), None), own_rate=True
    )


def voice_role(
    stethoscope: Device, chosen: str = "", heart: str = "", name: str = "Microphone"
) -> SourceRole:
    """The microphone of the call: the chosen one, else the default or any.

    Never a monitor (it would send the physician's own voice back), never a stethoscope: one that the
    catalogue recognises, or `heart`, the chosen one.
    """
    match = _audio_match(stethoscope)

    def choose(sources: Sequence[SoundSource], default: str) -> SoundSource | None:
        voices = [s for s in sources if not (s.monitor or is_match(s, match) or is_meant(heart, s))]
        if chosen:
            return meant(chosen, voices)
        return next((source for source in voices if source.name == default), voices[0] if voices else None)

    return SourceRole("voice_microphone", Kind.MICROPHONE, name, choose, CONFIRM_VOICE_S)


def _audio_match(device: Device) -> AudioMatch:
    if not isinstance(device.match, AudioMatch):
        raise TypeError(f"{device.key} is not an audio source")
    return device.match


class AudioSource:
    """One role. `run` for as long as the kiosk lives; `start`, `stop` and `listen` on the asyncio loop.

    READY: present, not recording. FOUND: being opened. MEASURING: sound arrives. LOST or FAULTY say why not;
    recording goes on by itself when the same unit (same identity) is back. Another unit is taken only after
    `stop` and `start`. `board`: what is heard in the place of the sound server's sources.
    """

    def __init__(self, role: SourceRole, sink: Sink, server: SoundServer, board: Board | None = None) -> None:
        self.role = role
        self._sink = sink
        self._server = server
        self._board = board
        self._live: list[ChunkQueue] = []
        self._raw: list[ChunkQueue] = []
        self._live_rate = LiveRate()
        self._wanted = False
        self._pinned = ""
        self._identity: DeviceIdentity | None = None
        self._recording: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._sequence = 0
        self._last_s: float | None = None
        self._reported: InstrumentStatus | None = None
        server.on_change(self._wake.set)
        if board is not None:
            board.on_change(self._wake.set)

    def take(self, role: SourceRole, board: Board | None = None) -> None:
        """Another choice, from now on. A source that both choices mean goes on."""
        self._identity = None
        if role.key != self.role.key:
            self._report(InstrumentState.ABSENT, Reason.NONE)
        self.role, self._board = role, board
        if board is not None:
            board.on_change(self._wake.set)
        source = self.chosen()
        if source is not None:
            self._identity = _identify(role, source)
        if source is None or source.stable_id != self._pinned:
            self._pinned = ""
            if self._recording:
                self._recording.cancel()
        self._wake.set()

    def chosen(self) -> SoundSource | None:
        """Of what is there now."""
        return self.role.choose(self._inputs.sources or (), self._inputs.default_source)

    @property
    def _inputs(self) -> SoundServer | Board:
        return self._board or self._server

    def start(self) -> None:
        """Record from now on."""
        self._wanted, self._pinned, self._last_s = True, "", None
        self._wake.set()

    def stop(self) -> None:
        """Stop at once: no chunk is delivered after this."""
        self._wanted = False
        if self._recording:
            self._recording.cancel()
        self._wake.set()

    def listen(self) -> AbstractContextManager[ChunkQueue]:
        """A queue of what is recorded while inside, at 48 kHz; each listener has its own."""
        return _listening(self._live)

    def listen_raw(self) -> AbstractContextManager[ChunkQueue]:
        """As `listen`, each sample as the source gave it, at the rate that each chunk names."""
        return _listening(self._raw)

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            self._wake.clear()
            source = self._find()
            if source is None or not self._wanted:
                self._report(*self._idle_state(source))
                await self._wake.wait()
            else:
                self._report(*await self._record(source))
                await self._pause()

    def _find(self) -> SoundSource | None:
        present = self._inputs.sources or ()
        if self._wanted and self._pinned:
            present = tuple(source for source in present if source.stable_id == self._pinned)
        source = self.role.choose(present, self._inputs.default_source)
        if source is not None:
            self._identity = _identify(self.role, source)
        return source

    def _idle_state(self, source: SoundSource | None) -> tuple[InstrumentState, Reason]:
        if self._inputs.trouble is not Reason.NONE:
            return InstrumentState.FAULTY, self._inputs.trouble
        if source is not None:
            return InstrumentState.READY, Reason.NONE
        if self._identity is not None:
            return InstrumentState.LOST, self._inputs.gone
        return InstrumentState.ABSENT, Reason.NONE

    async def _record(self, source: SoundSource) -> tuple[InstrumentState, Reason]:
        """Record until it ends, and say why it did."""
        self._pinned = source.stable_id
        self._report(InstrumentState.FOUND, Reason.NONE)
        self._live_rate = LiveRate()
        rate_hz = self.role.rate_hz(source)
        deliver = partial(self._deliver, rate_hz)
        if self._board is not None:
            recording = self._board.record(deliver)
        else:
            recording = record(self._server, source, rate_hz, deliver, self.role.confirm_every_s)
        self._recording = asyncio.create_task(recording)
        try:
            await asyncio.wait([self._recording])
            return _outcome(self._recording)
        finally:
            self._recording.cancel()
            await asyncio.wait([self._recording])
            self._recording = None

    async def _pause(self) -> None:
        """Before another try: until something changes, at most a second."""
        try:
            async with asyncio.timeout(RETRY_S):
                await self._wake.wait()
        except TimeoutError:
            return

    def _deliver(self, rate_hz: int, data: bytes, lost: int | None = None) -> None:
        now_s = time.monotonic()
        self._sequence += 1
        samples = np.frombuffer(data, dtype="<i2")
        gap = self._gap_before(now_s) if lost is None else lost
        chunk = AudioChunk(samples, now_s, self._sequence, gap, rate_hz)
        self._last_s = now_s
        _put(self._raw, chunk)
        if self._live:
            _put(self._live, *self._live_rate.feed(chunk))
        self._report(InstrumentState.MEASURING, Reason.NONE)

    def _gap_before(self, now_s: float) -> int:
        """Chunks missing since the last one; jitter is no gap."""
        if self._last_s is None:
            return 0
        missing_ms = (now_s - self._last_s) * 1000 - CHUNK_MS
        return int(missing_ms / CHUNK_MS) if missing_ms > JITTER_MS else 0

    def _report(self, state: InstrumentState, reason: Reason) -> None:
        status = InstrumentStatus(
            self.role.key, self.role.kind, self.role.name, state, reason, self._identity
        )
        if status != self._reported:
            self._reported = status
            self._sink.status(status)


@contextmanager
def _listening(queues: list[ChunkQueue]) -> Iterator[ChunkQueue]:
    queue = ChunkQueue()
    queues.append(queue)
    try:
        yield queue
    finally:
        queues.remove(queue)
        queue.close()


def _put(queues: Sequence[ChunkQueue], *chunks: AudioChunk) -> None:
    for queue in queues:
        for chunk in chunks:
            queue.put(chunk)


def _outcome(recording: asyncio.Task[None]) -> tuple[InstrumentState, Reason]:
    if recording.cancelled():
        return InstrumentState.READY, Reason.NONE
    error = recording.exception()
    if not isinstance(error, DriverError):
        raise error or RuntimeError("a recording ends with an error only")
    lost = error.reason in (Reason.UNPLUGGED, Reason.TIMEOUT)
    return (InstrumentState.LOST if lost else InstrumentState.FAULTY), error.reason


def _identify(role: SourceRole, source: SoundSource) -> DeviceIdentity:
    return DeviceIdentity(
        device=role.key,
        manufacturer=source.manufacturer,
        model=source.description,
        serial=source.serial,
        address=source.stable_id,
    )
