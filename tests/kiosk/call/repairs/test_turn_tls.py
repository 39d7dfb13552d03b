"""A relay of our own, reached by TLS."""

import inspect
import ssl
import time
from pathlib import Path

from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection

from kiosk.call.repairs.turn_tls import trust_relay
from kiosk.rendezvous.turn import credentials
from tests.fakes.turn_server import SECRET, turn_server


async def offer_candidates(url: str, tls: ssl.SSLContext | None) -> list[str]:
    name, password = credentials(SECRET, "a", int(time.time()) + 600)
    connection = RTCPeerConnection(RTCConfiguration([RTCIceServer(url, name, password)]))
    try:
        transceiver = connection.addTransceiver("audio")
        if tls is not None:
            trust_relay(transceiver.receiver.transport, tls)
        await connection.setLocalDescription(await connection.createOffer())
        return [x for x in connection.localDescription.sdp.splitlines() if "typ relay" in x]
    finally:
        await connection.close()


async def test_our_own_file_opens_the_relay_and_nothing_else_does(tmp_path: Path) -> None:
    async with turn_server(tmp_path) as server:
        tls = ssl.create_default_context(cafile=server.ca_file)
        assert await offer_candidates(server.tls, tls)
        assert not await offer_candidates(server.tls, ssl.create_default_context())
        assert not await offer_candidates(server.tls, None)
        assert await offer_candidates(server.udp, tls)


def test_aiortc_has_no_way_of_its_own() -> None:
    """When this fails: give the context to RTCIceServer or RTCConfiguration, and remove the repair."""
    for known in (RTCIceServer, RTCConfiguration):
        assert not [name for name in inspect.signature(known).parameters if "ssl" in name or "tls" in name]
