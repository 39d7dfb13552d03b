"""`/probe` and `/servers`: how good the line is, before the call. For those who may join."""

import os
import time
from collections.abc import Callable

from aiohttp import web

from kiosk.rendezvous.limits import RateLimit
from kiosk.rendezvous.page import HEADERS
from kiosk.rendezvous.settings import Limits
from kiosk.rendezvous.turn import TurnSettings, servers_message

_LIGHT_BYTES = 64 * 1024
_PIECE_BYTES = 32 * 1024


class LineProbe:
    """GET `?bytes=N` gives N random bytes (0 for a round trip); POST takes some and says how many.

    Both also carry what `/signal` would: room, role, seat or the kiosk's token.
    """

    def __init__(self, limits: Limits, knows: Callable[[web.Request], bool], turn: TurnSettings) -> None:
        self._bytes_max = limits.probe_bytes
        self._knows = knows
        self._turn = turn
        self._all = RateLimit(limits.probes_per_minute)
        self._heavy = RateLimit(limits.heavy_probes_per_minute)
        # Random, so that nothing on the way makes it smaller.
        self._noise = b""

    async def give(self, request: web.Request) -> web.StreamResponse:
        size = request.query.get("bytes", "0")
        wanted = int(size) if size.isascii() and size.isdigit() and len(size) < 9 else -1
        refusal = self._refusal(request, wanted)
        if refusal:
            return _status(refusal)
        return web.Response(
            body=self._random(wanted), content_type="application/octet-stream", headers=HEADERS
        )

    async def take(self, request: web.Request) -> web.StreamResponse:
        refusal = self._refusal(request, -1 if request.content_length is None else request.content_length)
        if refusal:
            return _status(refusal)
        received = 0
        async for piece in request.content.iter_chunked(_PIECE_BYTES):
            received += len(piece)
        return web.json_response({"bytes": received}, headers=HEADERS)

    async def servers(self, request: web.Request) -> web.StreamResponse:
        """GET: the relays, as `/signal` names them to whoever joins."""
        refusal = self._refusal(request, 0)
        if refusal:
            return _status(refusal)
        return web.json_response(servers_message(self._turn), headers=HEADERS)

    def _refusal(self, request: web.Request, size: int) -> int:
        """The HTTP status that says no, or 0. Strangers are counted too: guessing a room is work."""
        address, now_s = request.remote or "", time.monotonic()
        if not self._all.allows(address, now_s):
            return 429
        if not self._knows(request):
            return 403
        if not 0 <= size <= self._bytes_max:
            return 413 if size > self._bytes_max else 400
        if size > _LIGHT_BYTES and not self._heavy.allows(address, now_s):
            return 429
        return 0

    def _random(self, size: int) -> bytes:
        if not self._noise and size:
            self._noise = os.urandom(self._bytes_max)
        return self._noise[:size]


def _status(status: int) -> web.Response:
    return web.Response(status=status, headers=HEADERS)
