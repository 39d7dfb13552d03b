"""A relay that lies: a real WebSocket server that forwards to the true one and may change what passes."""

import asyncio
import json
import re
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Any

import aiohttp
from aiohttp import web

Change = Callable[[str, dict[str, Any]], dict[str, Any] | None]


def with_other_fingerprint(message: dict[str, Any]) -> dict[str, Any]:
    """The same description with the fingerprints of somebody else's certificate."""

    def other(match: re.Match[str]) -> str:
        return match[1] + ":".join("%02X" % (int(byte, 16) ^ 0x5A) for byte in match[2].split(":"))

    sdp = re.sub(r"(a=fingerprint:sha-\d+ )([0-9A-F:]+)", other, message["sdp"])
    assert sdp != message["sdp"]
    return {**message, "sdp": sdp}


class RogueRelay:
    """Stands before the true relay. `change(sender, message)` gives what is forwarded; None drops it."""

    def __init__(self, upstream: str, server: ssl.SSLContext, client: ssl.SSLContext, change: Change) -> None:
        self._upstream = upstream
        self._server_context, self._client_context = server, client
        self._change = change
        self.port = 0

    async def __aenter__(self) -> "RogueRelay":
        app = web.Application()
        app.router.add_get("/signal", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._server_context)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"wss://localhost:{self.port}/signal"

    async def send_as(self, sender: str, text: str) -> None:
        """Say something in the name of `sender` ("kiosk" or "physician")."""
        await self._upstreams[sender].send_str(text)

    async def cut(self, party: str) -> None:
        """The line to `party` breaks; it comes back by itself."""
        await self._upstreams[party].close()

    _upstreams: dict[str, aiohttp.ClientWebSocketResponse]

    async def _handle(self, request: web.Request) -> web.WebSocketResponse:
        downstream = web.WebSocketResponse()
        await downstream.prepare(request)
        headers = {k: v for k, v in request.headers.items() if k == "Authorization"}
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(
                self._upstream, params=request.query, headers=headers, ssl=self._client_context
            ) as upstream,
        ):
            self._upstreams = {**getattr(self, "_upstreams", {}), request.query["role"]: upstream}
            back = asyncio.create_task(self._back(upstream, downstream))
            async for frame in downstream:
                changed = self._change(request.query["role"], json.loads(frame.data))
                if changed is not None:
                    await upstream.send_str(json.dumps(changed))
            await upstream.close(code=downstream.close_code or 1000)
            back.cancel()
            await asyncio.gather(back, return_exceptions=True)
        return downstream

    async def _back(
        self, upstream: aiohttp.ClientWebSocketResponse, downstream: web.WebSocketResponse
    ) -> None:
        async for frame in upstream:
            await downstream.send_str(frame.data)
        await downstream.close(code=upstream.close_code or 1000)
