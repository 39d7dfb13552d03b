"""The kiosk's call engine in a process of its own: the product's Call and rendezvous, media from memory.

A child of the bench. It says {"what": "rendezvous", "port"} and waits for one line on standard input,
{"page_port", "kiosk_port"}: the ports by which page and kiosk reach the rendezvous. Then it says
{"what": "link", "link"}, and four times a second what came in: {"what": "inward", "pictures": [[when, age]],
"sound_s", "loud_at"}, times in ms of the wall clock; a picture counts when it is put into the slot from
which the kiosk's screen draws. Readings go out at 2 Hz. It ends when standard input ends.
"""

import argparse
import asyncio
import json
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from drivers.chunks import CHUNK_SAMPLES, RATE_HZ, Samples
from drivers.frames import FrameSlot, VideoFrame
from kiosk.call.call import Call
from kiosk.call.settings import CallMedia
from kiosk.rendezvous.turn import TurnSettings
from tests.bench.call_content import Format, loop, stamped, voice
from tests.bench.picture_age import read_row
from tests.bench.saying import say
from tests.fakes.call_bench import Notes, ToneSource, rendezvous, settings_for
from tests.fakes.call_content import oximetry
from tests.fakes.pictures import BARCODE_BITS, BARCODE_HEIGHT, HEIGHT
from tests.fakes.turn_server import HOST, SECRET, turn_server

READINGS_HZ = 2.0
_SAY_S = 0.25
_LOUD = 300
_OLDEST_MS = 5000.0


class VoiceSource(ToneSource):
    """A microphone that hears the voice of `call_content`."""

    def __init__(self) -> None:
        super().__init__(0.0)
        self._voice = voice()

    def _samples(self) -> Samples:
        chosen = (np.arange(CHUNK_SAMPLES) + self._at) % len(self._voice)
        self._at += CHUNK_SAMPLES
        return self._voice[chosen]


class SeenSlot(FrameSlot):
    """Notes when each picture was put, and how old it was by its barcode."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[float, float]] = []

    def put(self, frame: VideoFrame) -> None:
        super().put(frame)
        now_ms = time.time() * 1000
        row = frame.i420[int(BARCODE_HEIGHT / 2 * frame.height / HEIGHT)]
        age_ms = now_ms % 2**BARCODE_BITS - read_row(row, 0, frame.width)
        self.seen.append((round(now_ms, 2), round(age_ms, 2)))


class HeardSink:
    """Counts what was played, and notes when it was loud."""

    def __init__(self) -> None:
        self.samples = 0
        self.loud_at_ms: list[float] = []

    def play(self, samples: Samples) -> None:
        self.samples += len(samples)
        if len(samples) and int(np.abs(samples.astype(np.int32)).max()) > _LOUD:
            self.loud_at_ms.append(round(time.time() * 1000))


async def _film(slots: tuple[FrameSlot, ...], shape: Format) -> None:
    """Two cameras that take their pictures at the same time; without a barcode nothing is copied."""
    pictures, clock = loop(shape), asyncio.get_running_loop()
    due_s, sequence = clock.time(), 0
    while True:
        due_s += 1 / shape.rate_hz
        await asyncio.sleep(max(0.0, due_s - clock.time()))
        sequence += 1
        planes = pictures[sequence % len(pictures)]
        if shape.barcode:
            planes = stamped(planes, int(time.time() * 1000) % 2**BARCODE_BITS)
        for slot in slots:
            slot.put(VideoFrame(planes, shape.width, shape.height, time.monotonic(), sequence))


async def _read(call: Call) -> None:
    while True:
        call.send_reading(replace(oximetry(), id=uuid4(), taken_at=datetime.now(UTC)))
        await asyncio.sleep(1 / READINGS_HZ)


async def _tell(slot: SeenSlot, sink: HeardSink, notes: Notes, call: Call) -> None:
    told = 0
    while True:
        await asyncio.sleep(_SAY_S)
        seen, slot.seen = slot.seen, []
        loud, sink.loud_at_ms = sink.loud_at_ms, []
        say("inward", pictures=seen, sound_s=sink.samples / RATE_HZ, loud_at=loud)
        for state in notes.states[told:]:
            say("state", phase=state.phase.value)
        told = len(notes.states)
        peer = call._connections._peer
        if peer is not None and peer.voice is not None:
            say("line", **_line(peer))
            say("voice", **asdict(peer.voice), skew_ms=peer._remote.lips.skew_ms if peer._remote else None)


def _line(peer: Any) -> dict[str, Any]:
    """What the congestion controller thinks."""
    line, conductor = peer._outgoing.line, peer._outgoing.conductor
    seen = line.controller
    return {
        "rate_bps": seen.rate_bps, "acked_bps": round(seen.acked_bps), "queue_ms": round(seen.queue_s * 1000),
        "loss": round(seen.loss, 3), "rtt_ms": round((seen.rtt_s or 0) * 1000), "state": seen.state.value,
        "backlog_ms": round(line.pacer.backlog_s * 1000), "shares": str(conductor.shares),
        "octets": [s._RTCRtpSender__octet_count for s in line._senders],
        "films": [str(film.target.value) for film in peer._outgoing.films],
    }  # fmt: skip


async def _first_line() -> tuple[asyncio.StreamReader, dict[str, Any]]:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer
    )
    return reader, json.loads(await reader.readline())


@contextmanager
def _running(*work: Any) -> Iterator[None]:
    tasks = [asyncio.create_task(coroutine) for coroutine in work]
    for task in tasks:
        task.add_done_callback(_fail_loudly)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


def _fail_loudly(task: "asyncio.Task[None]") -> None:
    """A source that dies would falsify every figure: the bench must see the child end."""
    if not task.cancelled() and task.exception() is not None:
        task.get_loop().call_exception_handler({"message": "a source died", "exception": task.exception()})
        task.get_loop().stop()


async def _relays(stack: AsyncExitStack, folder: Path, way: str) -> tuple[TurnSettings, dict[str, Any]]:
    """Relays and nothing else: the first never answers, the second is coturn by UDP, TCP or TLS."""
    if not way:
        return TurnSettings(), {}
    silent = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    silent.bind((HOST, 0))
    turn = await stack.enter_async_context(turn_server(folder))
    dead = f"turn:{HOST}:{silent.getsockname()[1]}?transport=udp"
    settings = TurnSettings((dead, str(getattr(turn, way))), SECRET, relay_only=True)
    return settings, {"turn_ca_file": turn.ca_file}


async def _main(folder: Path, shape: Format, way: str) -> None:
    async with AsyncExitStack() as stack:
        turn, servers = await _relays(stack, folder, way)
        server = await stack.enter_async_context(rendezvous(folder, turn=turn))
        say("rendezvous", port=server.port)
        commands, ports = await _first_line()
        face, otoscope, remote, sink, notes = FrameSlot(), FrameSlot(), SeenSlot(), HeardSink(), Notes()
        microphone, stethoscope = VoiceSource(), ToneSource(60.0)
        media = CallMedia(face, otoscope, microphone, stethoscope, remote, sink)
        settings = settings_for(
            server,
            page_url=f"https://localhost:{ports['page_port']}/",
            kiosk_relay_url=f"wss://localhost:{ports['kiosk_port']}/signal",
            video_rate_hz=float(shape.rate_hz),
            **servers,
        )
        call = Call(settings, media, notes)
        call.set_media(otoscope=True, stethoscope=False)
        say("link", link=await call.open())
        with _running(
            _film((face, otoscope), shape),
            microphone.run(),
            stethoscope.run(),
            _read(call),
            _tell(remote, sink, notes, call),
        ):
            while await commands.readline():
                pass
        await call.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=480)
    parser.add_argument("--rate", type=int, default=15)
    parser.add_argument("--barcode", action="store_true")
    parser.add_argument("--turn", choices=("udp", "tcp", "tls"), default="", help="relays and nothing else")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="telecabine-engine-") as scratch:
        shape_ = Format(given.width, given.height, given.rate, given.barcode)
        asyncio.run(_main(Path(scratch), shape_, given.turn))
