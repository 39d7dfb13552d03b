"""One recording stream: `parec` for the sound, the server's word for which source it comes from.

When a source vanishes, the server silently moves its streams to another one, and neither `parec` nor any
audio library says so. So every chunk is delivered only after the server confirmed, later than the chunk was
captured, that the stream still hears the source that was meant (for the call's microphone it is asked each
second only). An index is never used twice by the server.
"""

import asyncio
import math
import time
import uuid
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from drivers.chunks import CHUNK_MS, chunk_samples
from drivers.instrument import DriverError, Reason
from drivers.sound_server import SoundServer, SoundSource

TAG = "telecabine.stream"
SILENT_S = 1.0


async def record(
    server: SoundServer,
    source: SoundSource,
    rate_hz: int,
    deliver: Callable[[bytes], None],
    confirm_every_s: float,
) -> None:
    """Deliver chunks of raw mono s16le until something is wrong: always ends with DriverError.

    At the source's own rate the server hands out the samples as they are; it makes one channel of several.
    With `confirm_every_s` 0 every single chunk is confirmed, which costs 1 to 2 % of a core.

    UNPLUGGED: the source has gone. SOURCE_MOVED: it is there, but our stream was moved elsewhere.
    NO_DATA: nothing for a second, or the stream ended. SOUND_SERVER_MISSING: no server, or no `parec`.
    """
    tag = uuid.uuid4().hex
    async with _parec(server.address, source.name, rate_hz, tag) as process:
        stream: int | None = None
        confirmed_s = -math.inf
        while True:
            data = await _read(process, chunk_samples(rate_hz) * 2)
            if time.monotonic() - confirmed_s >= confirm_every_s:
                if stream is None:
                    stream = await server.find_stream(TAG, tag)
                await _confirm(server, source, stream)
                confirmed_s = time.monotonic()
            deliver(data)


async def _read(process: Process, size: int) -> bytes:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(SILENT_S):
            return await process.stdout.readexactly(size)
    except (TimeoutError, asyncio.IncompleteReadError) as error:
        raise DriverError(Reason.NO_DATA) from error


async def _confirm(server: SoundServer, source: SoundSource, stream: int | None) -> None:
    """DriverError unless the stream hears this source at this moment."""
    heard = None if stream is None else await server.source_of(stream)
    if heard == source.index:
        return
    await server.refresh()
    if all(other.index != source.index for other in server.sources or ()):
        raise DriverError(Reason.UNPLUGGED)
    raise DriverError(Reason.NO_DATA if heard is None else Reason.SOURCE_MOVED)


@asynccontextmanager
async def _parec(address: str | None, source: str, rate_hz: int, tag: str) -> AsyncIterator[Process]:
    command = [
        "parec", "--raw", "--format=s16le", f"--rate={rate_hz}", "--channels=1", f"--latency-msec={CHUNK_MS}",
        "--client-name=telecabine", f"--property={TAG}={tag}",
        # PipeWire obeys this one and ends the stream instead of moving it.
        "--property=node.dont-reconnect=true",
        f"--device={source}",
    ]  # fmt: skip
    if address:
        command.append(f"--server={address}")
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL)
    except OSError as error:
        raise DriverError(Reason.SOUND_SERVER_MISSING, str(error)) from error
    try:
        yield process
    finally:
        await end_process(process)


async def end_process(process: Process) -> None:
    """Kill it if it still runs, and reap it, also when whoever waits is cancelled meanwhile."""
    if process.returncode is None:
        process.kill()
    reaped = asyncio.ensure_future(process.wait())
    try:
        await asyncio.shield(reaped)
    finally:
        # A recording that fails may be cancelled while it ends: what is killed is gone in a moment.
        await asyncio.wait([reaped])
