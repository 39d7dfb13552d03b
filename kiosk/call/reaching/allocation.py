"""One real allocation on a TURN server (RFC 8656), made and given back. Imports aioice."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aioice import stun
from aioice.turn import (
    DEFAULT_ALLOCATION_LIFETIME,
    DEFAULT_CHANNEL_REFRESH_TIME,
    TurnClientMixin,
    TurnClientTcpProtocol,
    TurnClientUdpProtocol,
)

from kiosk.call.reaching.servers import TurnServer
from kiosk.call.reaching.urls import Transport

_RELEASE_S = 1.0


class _Timed(TurnClientMixin):
    """Knows how long the last question took: a round trip, without name look-up and handshakes."""

    rtt_s = 0.0

    async def request(self, request: stun.Message) -> tuple[stun.Message, tuple[str, int]]:
        asked_s = time.monotonic()
        try:
            return await super().request(request)
        finally:
            self.rtt_s = time.monotonic() - asked_s


class UdpClient(_Timed, TurnClientUdpProtocol):
    pass


class TcpClient(_Timed, TurnClientTcpProtocol):
    pass


Client = UdpClient | TcpClient


@asynccontextmanager
async def connected(server: TurnServer, tls: ssl.SSLContext | None, limit_s: float) -> AsyncIterator[Client]:
    """A client that holds an allocation; given back on leaving.

    Raises TimeoutError after `limit_s`, OSError (ssl.SSLError too) and aioice.stun.TransactionError.
    """
    async with asyncio.timeout(limit_s):
        client = await _open(server, tls)
        try:
            await client.connect()
        except BaseException:
            client.transport.abort()
            raise
    try:
        yield client
    finally:
        await _release(client)


async def _open(server: TurnServer, tls: ssl.SSLContext | None) -> Client:
    url, loop = server.url, asyncio.get_running_loop()
    # Typed this way because the arguments are the same and the classes are not.
    address = (url.host, url.port)
    opened = (
        address,
        server.username,
        server.credential,
        DEFAULT_ALLOCATION_LIFETIME,
        DEFAULT_CHANNEL_REFRESH_TIME,
    )
    if url.transport is Transport.UDP:
        _, udp = await loop.create_datagram_endpoint(lambda: UdpClient(*opened), remote_addr=address)
        return udp
    context = tls if url.transport is Transport.TLS else None
    _, tcp = await loop.create_connection(lambda: TcpClient(*opened), url.host, url.port, ssl=context)
    return tcp


async def _release(client: Client) -> None:
    """Best effort: what is not given back expires on the server after ten minutes."""
    try:
        async with asyncio.timeout(_RELEASE_S):
            await client.delete()
    except TimeoutError:
        client.transport.abort()
