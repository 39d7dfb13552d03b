"""A stethoscope board as `AudioSource` hears it, sample by sample."""

from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from devices.device import Device
from drivers.audio import AudioSource, board_role
from drivers.board import Board
from drivers.chunks import AudioChunk
from drivers.sound_server import SoundServer
from tests.drivers.listener import running
from tests.drivers.status_log import StatusLog, until
from tests.fakes.pcm import chest

CHEST = chest()


class Bench:
    """`took`: all that has come."""

    def __init__(self, device: Device, board: Board) -> None:
        self.log = StatusLog()
        self.source = AudioSource(board_role(device), self.log, SoundServer(), board)
        self.took: list[AudioChunk] = []

    async def listen(self) -> None:
        with self.source.listen_raw() as queue:
            async for chunk in queue:
                self.took.append(chunk)

    async def more(self, count: int) -> list[AudioChunk]:
        """The next ones."""
        begun = len(self.took)
        await until(lambda: len(self.took) >= begun + count, lambda: f"{self.log.statuses[-3:]}")
        return self.took[begun : begun + count]

    async def until_gap(self) -> None:
        """Another one is told."""
        before = self.gaps
        await until(lambda: self.gaps > before)

    @property
    def gaps(self) -> int:
        """Chunks that were told to be missing."""
        return sum(chunk.gap for chunk in self.took)


@asynccontextmanager
async def board_bench(
    device: Device, board: Board, *beside: Coroutine[Any, Any, None]
) -> AsyncIterator[Bench]:
    b = Bench(device, board)
    async with running(board.run(), b.source.run(), b.listen(), *beside):
        yield b


def is_of_the_chest(chunk: AudioChunk) -> bool:
    return chunk.samples.tobytes() in CHEST * 2
