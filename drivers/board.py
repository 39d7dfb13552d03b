"""A stethoscope board that streams bare samples: it stands where else the sound server stands.

`AudioSource` asks both the same: what is there, what is wrong, and to record until that ends with an error.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from devices.device import Device, PcmMatch
from drivers.chunks import CHUNK_MS
from drivers.instrument import DriverError, Reason
from drivers.pcm_bytes import PcmBytes
from drivers.pcm_pace import Pace
from drivers.sound_server import SoundSource

SILENT_S = 1.0
_UNHEARD_S = 3.0  # somebody listens, and bytes come, but no sound that is whole
_PAUSE_S = CHUNK_MS / 1000 / 2  # a read for each few bytes would cost more than the sound

Deliver = Callable[[bytes, int | None], None]
"""Is given 20 ms of s16le, and how many chunks are missing before it; None: nobody has counted them."""


class Pipe(Protocol):
    """Where bytes come out: a `Port`, or its like. Failures are DriverError."""

    async def open(self) -> None: ...
    async def read(self) -> bytes:
        """What has come; empty after 0.2 s of silence."""
        ...

    async def close(self) -> None:
        """Never raises."""
        ...


class Board(ABC):
    """The one that `address` names, as the settings do. `run` for as long as the kiosk lives.

    `sources`: itself while it is there. `gone`: why it is lost while it is not. `trouble`: why nobody can
    tell.
    """

    default_source = ""
    gone: Reason

    def __init__(self, device: Device, address: str, pcm: PcmMatch) -> None:
        self.address = address
        self.trouble = Reason.NONE
        self.sources: tuple[SoundSource, ...] = ()
        self._pcm = pcm
        self._itself = SoundSource(0, address, device.name, False, rate_hz=pcm.rate_hz, address=address)
        self._tell: Callable[[], None] = lambda: None

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` on the loop whenever it came or went."""
        self._tell = listener

    async def record(self, deliver: Deliver) -> None:
        """Deliver chunks until something is wrong: always ends with DriverError.

        GARBLED: it is no sound, or not at the declared rate. NO_DATA: nothing for a second.
        """
        pipe = self._pipe()
        try:
            await pipe.open()
            await _hear(pipe, self._pcm.rate_hz, deliver)
        finally:
            await pipe.close()

    def _show(self, there: bool, trouble: Reason = Reason.NONE) -> None:
        before = self.sources, self.trouble
        self.sources, self.trouble = (self._itself,) if there else (), trouble
        if before != (self.sources, self.trouble):
            self._tell()

    @abstractmethod
    async def run(self) -> None: ...

    @abstractmethod
    def _pipe(self) -> Pipe:
        """To the board that is there; DriverError when it has gone."""


async def _hear(pipe: Pipe, rate_hz: int, deliver: Deliver) -> None:
    cut, pace = PcmBytes(rate_hz), Pace(rate_hz)
    heard_s = passed_s = time.monotonic()
    is_first = True
    while True:
        data, now_s = await pipe.read(), time.monotonic()
        if data:
            heard_s = now_s
            cut.missed(pace.took(len(data) / 2, now_s))
        elif now_s - heard_s > SILENT_S:
            raise DriverError(Reason.NO_DATA)
        for piece in cut.feed(data):
            if pace.is_proved:
                deliver(piece.data, None if is_first else piece.lost)
                passed_s, is_first = now_s, False
        if now_s - passed_s > _UNHEARD_S:
            raise DriverError(Reason.GARBLED, "too much is missing")
        await asyncio.sleep(_PAUSE_S)
