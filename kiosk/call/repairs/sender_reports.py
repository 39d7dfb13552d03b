"""aiortc keeps no RTP time of a sender report, which is what lip-sync needs (RFC 3550 section 6.4.1)."""

from collections.abc import Callable
from typing import Any

from aiortc import RTCRtpReceiver
from aiortc.rtp import AnyRtcpPacket, RtcpSrPacket

_HANDLER = "_handle_rtcp_packet"


def tell_sender_reports(receiver: RTCRtpReceiver, tell: Callable[[int, int], None]) -> None:
    """From now on `tell(ntp_timestamp, rtp_timestamp)` hears of each sender report of this receiver."""
    if not hasattr(receiver, _HANDLER):
        raise AttributeError(f"this aiortc has no {_HANDLER}: see how it hands reports over now")
    stock: Any = getattr(receiver, _HANDLER)

    async def handle(packet: AnyRtcpPacket) -> None:
        if isinstance(packet, RtcpSrPacket):
            tell(packet.sender_info.ntp_timestamp, packet.sender_info.rtp_timestamp)
        await stock(packet)

    setattr(receiver, _HANDLER, handle)
