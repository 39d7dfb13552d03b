"""Which relay answers, how fast, and why another does not. Imports aioice."""

import asyncio
import contextlib
import logging
import ssl
from typing import cast

from aioice import stun

from kiosk.call.reaching.allocation import connected
from kiosk.call.reaching.choice import Answer, Failure
from kiosk.call.reaching.servers import TurnServer
from kiosk.call.reaching.urls import ServerUrl, Transport

LIMIT_S = 1.0
PATIENT_S = 4.0  # TLS takes four round trips and a lost packet one second more: for where no relay is quicker
_CREDENTIAL_ERRORS = (401, 403, 441)  # unauthorized, forbidden, wrong credentials (RFC 8656, section 19)
_FULL_ERRORS = (486, 508)  # allocation quota reached, insufficient capacity

_logger = logging.getLogger(__name__)


async def ask(server: TurnServer, tls: ssl.SSLContext | None, limit_s: float = PATIENT_S) -> Answer:
    """Allocate and give back: what the call will do, with these credentials, on this way. Never raises."""
    if server.url.transport is Transport.TLS and tls is None:
        return Answer(server, failure=Failure.CERTIFICATE)
    try:
        async with connected(server, tls, limit_s) as client:
            return Answer(server, client.rtt_s * 1000)
    except TimeoutError:
        return Answer(server, failure=Failure.SILENT)
    except ssl.SSLError:
        return Answer(server, failure=Failure.CERTIFICATE)
    except OSError:
        return Answer(server, failure=Failure.UNREACHABLE)
    except stun.TransactionTimeout:
        return Answer(server, failure=Failure.SILENT)
    except stun.TransactionFailed as error:
        return Answer(server, failure=_refusal(error.response))


def _refusal(response: stun.Message) -> Failure:
    code = response.error_code
    if code in _CREDENTIAL_ERRORS:
        return Failure.CREDENTIALS
    return Failure.FULL if code in _FULL_ERRORS else Failure.REFUSED


class _StunClient(asyncio.DatagramProtocol):
    """Asks one question over UDP."""

    transport: asyncio.DatagramTransport

    def __init__(self, address: tuple[str, int]) -> None:
        self._request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
        self._transaction = stun.Transaction(self._request, address, self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def send_stun(self, message: stun.Message, _addr: tuple[str, int]) -> None:
        self.transport.sendto(bytes(message))

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        with contextlib.suppress(ValueError):  # not STUN: not for us
            message = stun.parse_message(data)
            if message.transaction_id == self._request.transaction_id:
                self._transaction.response_received(message, addr)

    async def ask(self) -> None:
        await self._transaction.run()


async def stun_answers(url: ServerUrl, limit_s: float = LIMIT_S) -> bool:
    """Whether a binding request (RFC 8489) is answered in time. Never raises."""
    address, loop = (url.host, url.port), asyncio.get_running_loop()
    try:
        async with asyncio.timeout(limit_s):
            transport, client = await loop.create_datagram_endpoint(
                lambda: _StunClient(address), remote_addr=address
            )
            try:
                await client.ask()
            finally:
                transport.close()
    except (OSError, stun.TransactionError) as error:
        _logger.warning("%s does not answer: %s", url.text, type(error).__name__)
        return False
    return True
