"""What one peer of a true connection sends takes a bad line: loss, delay, disorder, doubles, cuts."""

import asyncio
import contextlib
from dataclasses import replace
from typing import Any

from aiortc import RTCPeerConnection

from tests.fakes.line_shaper import Shaper

_DTLS_DATA = 23  # RFC 6347 section 4.1: the handshake, which is not what is tested, has other types


class BadLine:
    """From now on, for media and data. `impairment`: fields of `Impairment`, which may change at any time."""

    def __init__(self, peer: RTCPeerConnection, **impairment: float) -> None:
        self.is_cut = False
        self._shaper = Shaper(seed=1)
        self.set(**impairment)
        self._on_their_way: set[asyncio.Task[None]] = set()
        carrier = peer.sctp or peer.getTransceivers()[0].sender
        self._transport: Any = carrier.transport.transport
        self._send = self._transport._send
        self._transport._send = self._carry

    @property
    def lost(self) -> int:
        """Packets, since the beginning."""
        return self._shaper.counters.lost

    def set(self, **impairment: float) -> None:
        self._shaper.impairment = replace(self._shaper.impairment, **impairment)

    async def _carry(self, data: bytes) -> None:
        if not (data[0] == _DTLS_DATA or 127 < data[0] < 192):
            await self._send(data)
            return
        now_s = asyncio.get_running_loop().time()
        for at_s in () if self.is_cut else self._shaper.departures(len(data), now_s):
            arriving = asyncio.create_task(self._arrive(at_s - now_s, data))
            self._on_their_way.add(arriving)
            arriving.add_done_callback(self._on_their_way.discard)

    async def _arrive(self, after_s: float, data: bytes) -> None:
        await asyncio.sleep(after_s)
        if not self.is_cut:
            with contextlib.suppress(ConnectionError):  # the connection was closed meanwhile
                await self._send(data)
