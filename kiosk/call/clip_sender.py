"""Recorded sounds on their way to the page: the reduced copy, in small pieces, when the page asks for one."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Protocol
from uuid import UUID

from devices.reading import Reading
from kiosk.call import wire
from kiosk.tasks import Tasks

log = logging.getLogger(__name__)

CHUNK_BYTES = 720
AHEAD = 2  # pieces in the lane: a still picture that joins it does not wait for a whole sound
_LOOK_AGAIN_S = 0.02


class Lane(Protocol):
    """What takes messages that may wait, at the rate they may have."""

    @property
    def waiting(self) -> int: ...
    def put(self, text: str) -> None: ...


class ClipSender:
    """One sound at a time, as asked for. A cut forgets them: the page asks again for what it lacks."""

    def __init__(self) -> None:
        self._lane: Lane | None = None
        self._wanted: dict[UUID, tuple[Reading, int]] = {}
        self._tasks = Tasks("a recorded sound could not be sent")

    @property
    def busy(self) -> bool:
        """Something waits to be sent."""
        return bool(self._wanted)

    def connect(self, lane: Lane) -> None:
        self.disconnect()
        self._lane = lane

    def disconnect(self) -> None:
        self._lane = None
        self._wanted.clear()

    def want(self, reading: Reading, first: int) -> None:
        """Send the sound of `reading`, from piece `first` on. One that is on its way is not sent twice."""
        if self._lane is None or reading.id in self._wanted:
            return
        idle = not self._wanted
        self._wanted[reading.id] = reading, first
        if idle:
            self._tasks.spawn(self._send_all(self._lane))

    async def _send_all(self, lane: Lane) -> None:
        while self._lane is lane and self._wanted:
            reading, first = next(iter(self._wanted.values()))
            try:
                await self._send(lane, reading, first)
            except Exception:  # whatever is wrong with one sound, the next are sent
                log.exception("a recorded sound could not be sent")
            if self._lane is lane:
                self._wanted.pop(reading.id, None)

    async def _send(self, lane: Lane, reading: Reading, first: int) -> None:
        for text in await asyncio.to_thread(_messages, reading, first):
            while self._lane is lane and lane.waiting >= AHEAD:  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_AGAIN_S)
            if self._lane is not lane:
                return
            lane.put(text)


def _messages(reading: Reading, first: int) -> list[str]:
    """The header and the pieces from `first` on. Runs in a thread: decodes, filters and packs the sound."""
    from kiosk.clip import LINE_RATE_HZ, decode_flac, encode_flac, reduced

    assert reading.attachment is not None
    pcm = reduced(*decode_flac(reading.attachment.data))
    data = encode_flac(pcm, LINE_RATE_HZ)
    pieces = list(_pieces(data))
    header = wire.clip(reading, len(pcm) / LINE_RATE_HZ, LINE_RATE_HZ, len(data), len(pieces))
    return [header, *(wire.clip_data(reading.id, n, piece) for n, piece in enumerate(pieces) if n >= first)]


def _pieces(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), CHUNK_BYTES):
        yield data[start : start + CHUNK_BYTES]
