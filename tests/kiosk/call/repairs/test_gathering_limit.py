"""A relay that died since it was chosen."""

import asyncio
import inspect
import socket

import pytest
from aioice import ice
from aiortc import RTCConfiguration, RTCIceGatherer, RTCIceServer, RTCPeerConnection

from kiosk.call.repairs.gathering_limit import LIMIT_S, limit_gathering
from tests.fakes.turn_server import HOST


async def test_a_dead_relay_does_not_keep_the_answer() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((HOST, 0))
        relay = RTCIceServer(f"turn:{HOST}:{silent.getsockname()[1]}", "a", "b")
        connection = RTCPeerConnection(RTCConfiguration([relay]))
        try:
            transport = connection.addTransceiver("audio").receiver.transport
            limit_gathering(transport, 0.1)
            async with asyncio.timeout(4):  # stock: 5 s
                await connection.setLocalDescription(await connection.createOffer())
        finally:
            await connection.close()


async def test_a_library_that_has_changed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(ice.Connection, "get_component_candidates")
    connection = RTCPeerConnection(RTCConfiguration([]))
    with pytest.raises(AttributeError, match="get_component_candidates"):
        limit_gathering(connection.addTransceiver("audio").receiver.transport)


def test_aiortc_has_no_limit_of_its_own() -> None:
    """When this fails: use the library's own limit, and remove the repair."""
    assert inspect.signature(ice.Connection.get_component_candidates).parameters["timeout"].default > LIMIT_S
    for known in (RTCConfiguration, RTCIceGatherer, ice.Connection):
        assert not [name for name in inspect.signature(known).parameters if "timeout" in name]
