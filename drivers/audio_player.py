"""Plays the physician's voice: `pacat`, with little sound waiting so that the talk stays prompt."""

import asyncio
import fcntl
import os
import struct
import termios
from asyncio.subprocess import DEVNULL, Process
from collections import deque

import numpy as np
from numpy.typing import NDArray

from drivers.chunks import RATE_HZ
from drivers.instrument import Reason
from drivers.recorder import end_process

Samples = NDArray[np.int16]

LATENCY_MS = 40
QUEUED_CHUNKS = 10
PIPE_BYTES = 4096
RETRY_S = 1.0


class AudioPlayer:
    """`run` for as long as the kiosk lives; `play` on the same asyncio loop, never blocks.

    Takes int16 mono at 48 kHz. At most `QUEUED_CHUNKS` pieces wait; then the oldest is dropped and counted.
    `reason` is SOUND_SERVER_MISSING while nothing can be played. `sink` None is the default output.
    """

    def __init__(self, address: str | None = None, sink: str | None = None) -> None:
        self.reason = Reason.NONE
        self.dropped = 0
        self._command = _pacat(address, sink)
        self._waiting: deque[bytes] = deque()
        self._changed = asyncio.Event()
        self._pipe: int | None = None

    @property
    def waiting_s(self) -> float | None:
        """How much sound the player has not taken yet; whoever plays steers by it. None: nobody plays."""
        if self._pipe is None:
            return None
        unread: int = struct.unpack("i", fcntl.ioctl(self._pipe, termios.FIONREAD, bytes(4)))[0]
        return (unread + sum(map(len, self._waiting))) / 2 / RATE_HZ

    @property
    def latency_s(self) -> float:
        """From `play` until it is heard."""
        return LATENCY_MS / 1000 + (self.waiting_s or 0.0)

    def play(self, samples: Samples) -> None:
        """Queue one piece of sound, 10 to 60 ms."""
        if len(self._waiting) >= QUEUED_CHUNKS:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(samples.astype("<i2", copy=False).tobytes())
        self._changed.set()

    async def run(self) -> None:
        """Keep a player running until cancelled. Silence costs no process: it starts with the first sound."""
        while True:
            await self._changed.wait()
            try:
                await self._play_until_it_breaks()
            except OSError:
                self.reason = Reason.SOUND_SERVER_MISSING
            await asyncio.sleep(RETRY_S)

    async def _play_until_it_breaks(self) -> None:
        """Raises OSError: pacat is missing, or has ended (the sound server is gone)."""
        # A pipe of our own: the one of asyncio would hold two seconds of sound.
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        os.set_blocking(writer, False)
        try:
            process = await _start(self._command, reader)
        except OSError:
            os.close(writer)
            raise
        finally:
            os.close(reader)
        self._pipe = writer
        try:
            await self._feed(writer)
        finally:
            self._pipe = None
            os.close(writer)
            await end_process(process)

    async def _feed(self, writer: int) -> None:
        while True:
            while not self._waiting:
                self._changed.clear()
                await self._changed.wait()
            await _write(writer, self._waiting.popleft())
            self.reason = Reason.NONE


async def _write(pipe: int, data: bytes) -> None:
    """Write all of it, waiting while the pipe is full. BrokenPipeError when nobody reads any more."""
    left = memoryview(data)
    while left:
        try:
            left = left[os.write(pipe, left) :]
        except BlockingIOError:
            await _writable(pipe)


async def _writable(pipe: int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_writer(pipe, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(pipe)


async def _start(command: list[str], reader: int) -> Process:
    return await asyncio.create_subprocess_exec(*command, stdin=reader, stdout=DEVNULL, stderr=DEVNULL)


def _pacat(address: str | None, sink: str | None) -> list[str]:
    command = [
        "pacat", "--playback", "--raw", "--format=s16le", f"--rate={RATE_HZ}", "--channels=1",
        f"--latency-msec={LATENCY_MS}", "--client-name=telecabine", "--stream-name=physician",
    ]  # fmt: skip
    if address:
        command.append(f"--server={address}")
    if sink:
        command.append(f"--device={sink}")
    return command
