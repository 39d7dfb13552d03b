"""What one end of a line sends, between senders and a network that stand in for aiortc's."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiortc import MediaStreamTrack, RTCPeerConnection
from aiortc.rtp import HeaderExtensionsMap as Extensions
from aiortc.rtp import RtcpPacket, RtcpRrPacket, RtcpSenderInfo, RtcpSrPacket, RtpPacket
from av.frame import Frame

from kiosk.call.congestion.line_end import LineEnd
from kiosk.call.repairs.loopback import offer_loopback
from tests.fakes.polling import until

VOICE, PICTURE, REPEATED = 11, 22, 33


class Network:
    """Takes the packets of both kinds as a transport does."""

    def __init__(self) -> None:
        self.state = "connected"
        self._rtp_header_extensions_map = Extensions()
        self.left: list[bytes] = []

    async def _send_rtp(self, data: bytes) -> None:
        self.left.append(data)

    async def _send_data(self, data: bytes) -> None:
        self.left.append(data)

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None: ...

    async def _handle_rtcp_data(self, data: bytes) -> None: ...

    def streams(self) -> list[int]:
        return [int.from_bytes(packet[8:12], "big") for packet in self.left]


class Sender:
    """What it sends again goes by a stream of its own."""

    def __init__(self, network: Network, kind: str, ssrc: int) -> None:
        self.kind, self._ssrc, self._rtx_ssrc = kind, ssrc, REPEATED
        self._network: Any = network

    def _send_keyframe(self) -> None: ...

    async def _retransmit(self, sequence: int) -> None:
        await self._network._send_rtp(rtp(REPEATED, sequence))


def rtp(ssrc: int, sequence: int = 1) -> bytes:
    return RtpPacket(payload_type=96, sequence_number=sequence, ssrc=ssrc, payload=bytes(800)).serialize()


def report(ssrc: int) -> bytes:
    return bytes(RtcpSrPacket(ssrc, RtcpSenderInfo(1 << 40, 0, 0, 0)))


@pytest.fixture
async def network() -> AsyncIterator[Network]:
    yield Network()


@pytest.fixture
async def line(network: Network) -> AsyncIterator[LineEnd]:
    senders: list[Any] = [Sender(network, "audio", VOICE), Sender(network, "video", PICTURE)]
    transport: Any = network
    made = LineEnd(transport, senders, [])
    made.attach()
    yield made
    await made.close()


async def send(network: Any, data: bytes) -> None:
    """As a sender does: by whatever has taken the transport's place."""
    await network._send_rtp(data)


def lossy(line: LineEnd, share: float) -> None:
    line.controller.on_report(share, 0.05, 0.0, packets=200)


async def test_each_packet_of_a_picture_is_sent_twice_where_much_is_lost(
    line: LineEnd, network: Network
) -> None:
    lossy(line, 0.1)
    await send(network, rtp(VOICE))
    await send(network, rtp(PICTURE, 7))
    assert network.streams() == [VOICE, PICTURE]
    await until(lambda: network.streams() == [VOICE, PICTURE, REPEATED])
    assert network.left[-1][2:4] == (7).to_bytes(2, "big")


async def test_once_where_little_is_lost(line: LineEnd, network: Network) -> None:
    lossy(line, 0.01)
    await send(network, rtp(PICTURE))
    await asyncio.sleep(0.1)
    assert network.streams() == [PICTURE]


async def test_a_copy_waits_until_nothing_else_does(line: LineEnd, network: Network) -> None:
    lossy(line, 0.1)
    line.pacer.rate_bps = line.controller.rate_bps
    for sequence in range(12):  # more than may leave at once
        await send(network, rtp(PICTURE, sequence))
    await until(lambda: network.streams().count(PICTURE) == 12 and network.streams()[-1] == REPEATED)
    first_copy = network.streams().index(REPEATED)
    assert network.streams()[:first_copy].count(PICTURE) >= 8


async def test_who_has_sent_nothing_makes_no_report(line: LineEnd, network: Network) -> None:
    await send(network, report(VOICE))
    assert network.left == []
    await send(network, rtp(VOICE))
    await send(network, report(VOICE))
    await send(network, report(PICTURE))
    await send(network, report(VOICE))
    assert network.left[1:] == [report(VOICE)]


async def test_what_is_heard_is_always_reported(line: LineEnd, network: Network) -> None:
    heard = bytes(RtcpRrPacket(PICTURE, []))
    await send(network, heard)
    assert network.left == [heard]
    assert [packet.ssrc for packet in RtcpPacket.parse(heard)] == [PICTURE]  # type: ignore[union-attr]


class Waiting(MediaStreamTrack):
    """Switched off: it gives nothing."""

    kind = "audio"

    async def recv(self) -> Frame:
        await asyncio.Event().wait()
        raise AssertionError


async def test_the_library_still_reports_who_has_sent_nothing() -> None:
    """When this fails, aiortc makes no such report: let its reports pass."""
    offer_loopback()
    kiosk, page, left = RTCPeerConnection(), RTCPeerConnection(), list[bytes]()
    transport: Any = kiosk.addTrack(Waiting()).transport
    stock = transport._send_rtp

    async def noted(data: bytes) -> None:
        left.append(data)
        await stock(data)

    transport._send_rtp = noted
    await kiosk.setLocalDescription(await kiosk.createOffer())
    await page.setRemoteDescription(kiosk.localDescription)
    await page.setLocalDescription(await page.createAnswer())
    await kiosk.setRemoteDescription(page.localDescription)
    try:
        await until(lambda: bool(left))
    finally:
        await kiosk.close()
        await page.close()
    sent = RtcpPacket.parse(left[0])[0]
    assert isinstance(sent, RtcpSrPacket)
    assert sent.sender_info.packet_count == 0
