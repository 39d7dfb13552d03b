"""For an installer in a real room: how much of the loudspeaker comes back, and how much of it is taken out.

Plays something with the rhythm of a voice on the kiosk's loudspeaker, listens with its microphone, and
compares what came in with what a physician would hear. The room must be quiet meanwhile.
"""

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from devices.reading import Reading, Waveform
from drivers.audio import AudioSource
from drivers.audio_player import AudioPlayer
from drivers.chunks import CHUNK_MS, CHUNK_SAMPLES, RATE_HZ, ChunkQueue, Samples
from drivers.instrument import InstrumentStatus
from drivers.sound_server import SoundServer
from kiosk.call.echo import EchoGuard
from kiosk.call.settings import PcmSource
from kiosk.devices_config import DevicesConfig
from kiosk.roles import Roles

LEARNING_S = 6.0
GOOD_DB, AUDIBLE_DBFS = 25.0, -55.0
_PITCH_HZ, _LEVEL = 130.0, 0.25
_SILENT_DBFS = -100.0


@dataclass(frozen=True, slots=True)
class EchoReport:
    """Levels in dB of full scale, after the guard has had `LEARNING_S` to learn the room."""

    quiet_dbfs: float  # the room before anything was played
    echo_dbfs: float  # the microphone while the loudspeaker talks
    left_dbfs: float  # the same, as the physician would hear it

    @property
    def reduction_db(self) -> float:
        return self.echo_dbfs - self.left_dbfs

    @property
    def heard(self) -> bool:
        """The microphone hears the loudspeaker at all; else there is nothing to judge."""
        return self.echo_dbfs > self.quiet_dbfs + 6.0

    @property
    def good(self) -> bool:
        """What is left is not heard: far below the echo, or below the noise of a quiet room."""
        left = max(AUDIBLE_DBFS, self.quiet_dbfs + 3.0)
        return self.reduction_db >= GOOD_DB or self.left_dbfs <= left


class _Unwatched:
    """Nobody asks how the microphone is: it gives sound, or this check says that it does not."""

    def status(self, status: InstrumentStatus) -> None: ...
    async def reading(self, reading: Reading) -> None: ...
    def waveform(self, waveform: Waveform) -> None: ...


async def check_room(devices: DevicesConfig, seconds: float, address: str | None = None) -> EchoReport:
    """With this kiosk's own microphone and loudspeaker. `address`: of another sound server."""
    server = SoundServer(address)
    microphone = AudioSource(Roles(devices).voice, _Unwatched(), server)
    loudspeaker = AudioPlayer(address, devices.speaker or None)
    running = [asyncio.create_task(part.run()) for part in (server, microphone, loudspeaker)]
    microphone.start()
    try:
        return await check_echo(microphone, loudspeaker, seconds)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def check_echo(microphone: PcmSource, loudspeaker: AudioPlayer, seconds: float) -> EchoReport:
    """Takes `seconds`, two of them silent. Raises TimeoutError when the microphone gives nothing."""
    guard = EchoGuard(microphone, loudspeaker)
    voice = _voice(seconds)
    before: list[Samples] = []
    after: list[Samples] = []
    with ExitStack() as stack:
        plain = stack.enter_context(microphone.listen())
        clean = stack.enter_context(guard.listen())
        quiet = [await _chunk(plain) for _ in range(2000 // CHUNK_MS)]
        for at in range(0, len(voice) - CHUNK_SAMPLES, CHUNK_SAMPLES):
            guard.play(voice[at : at + CHUNK_SAMPLES])
            before.append(await _chunk(plain))
            after.append(await _chunk(clean))
    learned = round(LEARNING_S * 1000 / CHUNK_MS)
    return EchoReport(_dbfs(quiet), _dbfs(before[learned:]), _dbfs(after[learned:]))


async def _chunk(queue: ChunkQueue) -> Samples:
    async with asyncio.timeout(3.0):
        chunk = await queue.get()
    if chunk is None:
        raise TimeoutError("the microphone went away")
    return chunk.samples


def _voice(seconds: float) -> Samples:
    """Harmonics and noise, switched on and off as syllables are."""
    at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    phase = 2 * np.pi * _PITCH_HZ * (at_s + 0.02 * np.sin(2 * np.pi * 0.7 * at_s))
    tone = sum(np.sin(n * phase) / n for n in range(1, 20))
    noise = 0.2 * np.random.default_rng(1).standard_normal(len(at_s))
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * at_s) + np.sin(2 * np.pi * 0.43 * at_s), 0, 1)
    sound = (tone + noise) * syllables
    return np.asarray(sound / np.abs(sound).max() * _LEVEL * 32767, dtype=np.int16)


def _dbfs(chunks: list[Samples]) -> float:
    if not chunks:
        return _SILENT_DBFS
    power = np.mean((np.concatenate(chunks).astype(np.float64) / 32768) ** 2)
    return float(max(_SILENT_DBFS, 10 * np.log10(power + 1e-12)))
