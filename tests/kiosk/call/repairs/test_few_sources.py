"""What aiortc does with many SSRCs, and that the repair ends it."""

import struct

import pytest
from aiortc.rtcdtlstransport import RtpRouter
from aiortc.rtp import RtcpPacket, RtcpReceiverInfo, RtcpRrPacket, RtpPacket

from kiosk.call.repairs.few_sources import limit_sources


class Receiver:
    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        pass


class Transport:
    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:
        self.heard.append(data)


def packet(ssrc: int) -> bytes:
    return struct.pack("!BBHLL", 0x80, 96, 1, 2, ssrc)


def test_the_library_still_remembers_every_stream() -> None:
    """When this fails, see whether `limit_sources` is still needed."""
    router = RtpRouter()
    router.register_receiver(Receiver(), ssrcs=[], payload_types=[96], mid=None)  # type: ignore[arg-type]
    for ssrc in range(100):
        router.route_rtp(RtpPacket.parse(packet(ssrc)))
    assert len(router.ssrc_table) == 100


def test_the_library_still_writes_broken_reports_of_many() -> None:
    info = RtcpReceiverInfo(1, 0, 0, 0, 0, 0, 0)
    with pytest.raises(ValueError, match="RTCP"):
        RtcpPacket.parse(bytes(RtcpRrPacket(ssrc=1, reports=[info] * 70)))


async def test_only_the_first_streams_are_heard() -> None:
    transport = Transport()
    limit_sources(transport)  # type: ignore[arg-type]
    for ssrc in [*range(100), 3, 99]:
        await transport._handle_rtp_data(packet(ssrc), arrival_time_ms=1)
    assert transport.heard == [packet(ssrc) for ssrc in [*range(16), 3]]


def test_another_library_is_noticed() -> None:
    with pytest.raises(AttributeError, match="_handle_rtp_data"):
        limit_sources(object())  # type: ignore[arg-type]
