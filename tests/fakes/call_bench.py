"""A kiosk's side of a call for tests: a true rendezvous, synthetic sources, a listener that takes notes."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from drivers.chunks import CHUNK_SAMPLES, RATE_HZ, AudioChunk, ChunkQueue
from drivers.frames import FrameSlot, VideoFrame
from kiosk.call.call import Call
from kiosk.call.errors import CallReason
from kiosk.call.settings import CallMedia, CallSettings, CallState
from kiosk.events import CallPhase
from kiosk.rendezvous.server import Rendezvous
from kiosk.rendezvous.settings import RendezvousSettings
from kiosk.rendezvous.turn import TurnSettings
from kiosk.session import LineMinute
from tests.fakes.polling import until

TOKEN = "a-token-for-this-kiosk-only"
PAGE_DIR = Path(__file__).parents[2] / "ui" / "physician"
NO_TURN = TurnSettings()
WORDS_FILE = PAGE_DIR / "words.json"


class ToneSource:
    """A microphone that hears one tone."""

    def __init__(self, tone_hz: float, level: float = 0.3) -> None:
        self.tone_hz, self.level = tone_hz, level
        self._queues: list[ChunkQueue] = []
        self._at = 0

    @contextmanager
    def listen(self) -> Iterator[ChunkQueue]:
        queue = ChunkQueue()
        self._queues.append(queue)
        try:
            yield queue
        finally:
            self._queues.remove(queue)
            queue.close()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            due_s += 0.02
            await asyncio.sleep(max(0.0, due_s - loop.time()))
            chunk = AudioChunk(self._samples(), time.monotonic(), self._at // CHUNK_SAMPLES)
            for queue in self._queues:
                queue.put(chunk)

    def _samples(self) -> NDArray[np.int16]:
        at_s = (np.arange(CHUNK_SAMPLES) + self._at) / RATE_HZ
        self._at += CHUNK_SAMPLES
        return (np.sin(2 * np.pi * self.tone_hz * at_s) * 32767 * self.level).astype(np.int16)


class Loudspeaker:
    """Keeps what was played."""

    def __init__(self) -> None:
        self.pieces: list[NDArray[np.int16]] = []

    def play(self, samples: NDArray[np.int16]) -> None:
        self.pieces.append(samples)

    def sound(self) -> NDArray[np.int16]:
        return np.concatenate(self.pieces) if self.pieces else np.zeros(0, dtype=np.int16)


async def film(slot: FrameSlot, luma: int, rate_hz: float = 15.0) -> None:
    """A camera: a grey picture with a moving bar."""
    width, height, sequence = 320, 240, 0
    while True:
        sequence += 1
        i420 = np.full((height * 3 // 2, width), 128, dtype=np.uint8)
        i420[:height] = luma
        i420[:height, (sequence * 8) % width : (sequence * 8) % width + 8] = 235
        slot.put(VideoFrame(i420, width, height, time.monotonic(), sequence))
        await asyncio.sleep(1 / rate_hz)


@dataclass
class Notes:
    """A CallListener that remembers."""

    states: list[CallState] = field(default_factory=list)
    asked: list[tuple[str, bool]] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    sites: list[str] = field(default_factory=list)
    points: list[str] = field(default_factory=list)
    live: list[bool] = field(default_factory=list)
    seen_ids: list[UUID] = field(default_factory=list)
    refused: int = 0
    refused_offers: list[CallReason] = field(default_factory=list)
    minutes: list[LineMinute] = field(default_factory=list)

    def call_changed(self, state: CallState) -> None:
        self.states.append(state)

    def physician_asked(self, what: str, on: bool) -> None:
        self.asked.append((what, on))

    def physician_keeps(self, what: str, site: str = "") -> None:
        self.kept.append(f"{what} {site}".strip())
        self.sites.append(site)

    def physician_points(self, site: str) -> None:
        self.points.append(site)

    def stethoscope_live(self, live: bool) -> None:
        self.live.append(live)

    def seen(self, ids: tuple[UUID, ...]) -> None:
        self.seen_ids.extend(ids)

    def line_minute(self, minute: LineMinute) -> None:
        self.minutes.append(minute)

    def link_refused(self) -> None:
        self.refused += 1

    def offer_refused(self, reason: CallReason) -> None:
        self.refused_offers.append(reason)

    @property
    def phase(self) -> CallPhase:
        return self.states[-1].phase

    @property
    def phases(self) -> list[CallPhase]:
        return [state.phase for state in self.states]


@dataclass(slots=True)
class Bench:
    """Everything a test needs; `context` trusts the rendezvous."""

    rendezvous: Rendezvous
    context: ssl.SSLContext
    call: Call
    notes: Notes
    media: CallMedia
    loudspeaker: Loudspeaker
    link: str

    async def until(self, condition: Any, timeout_s: float = 20.0) -> None:
        await until(condition, timeout_s)

    async def until_phase(self, phase: CallPhase) -> None:
        await self.until(lambda: self.notes.phase is phase)


@asynccontextmanager
async def rendezvous(
    directory: Path, page_dir: Path = PAGE_DIR, port: int = 0, turn: TurnSettings = NO_TURN
) -> AsyncIterator[Rendezvous]:
    if not (page_dir / "index.html").exists():
        page_dir = directory / "page"
        page_dir.mkdir(exist_ok=True)
        (page_dir / "index.html").write_text("<!doctype html><title>page</title>")
    settings = RendezvousSettings(page_dir, directory / "tls", TOKEN, host="127.0.0.1", port=port, turn=turn)
    server = Rendezvous(settings)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def trusting(server: Rendezvous) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=server.cert_file)


def settings_for(server: Rendezvous, **changes: Any) -> CallSettings:
    page_url = f"https://localhost:{server.port}/"
    known: dict[str, Any] = {
        "page_url": page_url,
        "kiosk_token": TOKEN,
        "words_file": WORDS_FILE,
        "site": "Pharmacie du Port",
        "session_number": "2026-0001",
        "ca_file": server.cert_file,
        "include_loopback": True,
        "cancel_echo": False,  # tones are no speech: it would take them for echo
        "video_rate_hz": 15.0,
    }
    return CallSettings(**{**known, **changes})


@asynccontextmanager
async def bench(
    directory: Path,
    saved: bytes | None = None,
    turn: TurnSettings = NO_TURN,
    stethoscope: ToneSource | None = None,
    **changes: Any,
) -> AsyncIterator[Bench]:
    """A kiosk whose call is open, with all its sources running."""
    async with rendezvous(directory, turn=turn) as server:
        voice, stethoscope, loudspeaker = ToneSource(500.0), stethoscope or ToneSource(30.0), Loudspeaker()
        face, otoscope = FrameSlot(), FrameSlot()
        media = CallMedia(face, otoscope, voice, stethoscope, FrameSlot(), loudspeaker)
        work = (voice.run(), stethoscope.run(), film(face, 60), film(otoscope, 200))
        sources = [asyncio.create_task(coroutine) for coroutine in work]
        notes = Notes()
        call = Call(settings_for(server, **changes), media, notes)
        link = await call.open(saved)
        try:
            yield Bench(server, trusting(server), call, notes, media, loudspeaker, link)
        finally:
            await call.close()
            for task in sources:
                task.cancel()
            await asyncio.gather(*sources, return_exceptions=True)
