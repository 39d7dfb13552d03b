"""aioice gives up a connection after 30 s of silence. Ours asks on, so that a line that comes back is found.

RFC 7675, 5.1: without consent for 30 s nothing may be sent. That is kept: what is to be sent is thrown away,
only the questions go on, and the first proven answer (same credentials, same addresses) is consent again.
"""

import asyncio
import random
import time

from aioice import Connection, stun
from aiortc import RTCIceTransport

CALM_S = 4.0  # between two questions while they are answered (RFC 7675, 5.1: 4 to 6 s)
ANXIOUS_S = 0.3  # while they are not
VALID_S = 30.0
PATIENCE_S = 600.0  # then the connection is given up, as stock does
_RETRANSMISSIONS = 1  # 1.5 s in all: stock's 0.5 s is too short for a satellite

_NEEDED = ("query_consent", "sendto", "build_request", "_nominated", "remote_password")


class PatientConsent:
    """Takes the place of one connection's consent checks and of its `sendto`."""

    def __init__(self, connection: Connection) -> None:
        for name in _NEEDED:
            if not hasattr(connection, name):
                raise AttributeError(f"this aioice has no {name}: look for its own patience")
        self._connection = connection
        self._send = connection.sendto
        self._agreed_s = time.monotonic()
        self._answered = True
        self._asking: set[asyncio.Task[None]] = set()

    @property
    def valid(self) -> bool:
        """Whether the other side has agreed lately to be sent anything."""
        return time.monotonic() - self._agreed_s < VALID_S

    async def query_consent(self) -> None:
        """Until cancelled, or until nobody has answered for ten minutes."""
        self._agreed_s = time.monotonic()
        try:
            while time.monotonic() - self._agreed_s < PATIENCE_S:
                await asyncio.sleep(random.uniform(1.0, 1.5) * (CALM_S if self._answered else ANXIOUS_S))
                self._begin_to_ask()
        finally:
            for asking in self._asking:
                asking.cancel()
        self._connection._query_consent_task = None
        await self._connection.close()

    def _begin_to_ask(self) -> None:
        """Not waited for: an unanswered question takes longer than the next one may come late."""
        asking = asyncio.create_task(self._ask())
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)

    async def _ask(self) -> None:
        password = str(self._connection.remote_password).encode()
        for pair in tuple(self._connection._nominated.values()):
            request = self._connection.build_request(pair, nominate=False)
            try:
                await pair.protocol.request(
                    request, pair.remote_addr, integrity_key=password, retransmissions=_RETRANSMISSIONS
                )
            except (stun.TransactionError, ConnectionError):
                self._answered = False
            else:
                self._agreed_s, self._answered = time.monotonic(), True

    async def sendto(self, data: bytes, component: int) -> None:
        if self.valid:
            await self._send(data, component)


def be_patient(transport: RTCIceTransport) -> PatientConsent:
    """Give one connection this patience, before it is connected."""
    if not hasattr(transport, "_connection"):
        raise AttributeError("this aiortc hides its ICE connection: look for its own patience")
    consent = PatientConsent(transport._connection)
    transport._connection.query_consent = consent.query_consent  # type: ignore[method-assign]
    transport._connection.sendto = consent.sendto  # type: ignore[method-assign]
    return consent
