"""aiortc does not know RFC 2198 and drops such packets, in which browsers repeat the voice when they are let.

Here each becomes the plain packet that it carries; the earlier payloads in it go to whoever misses them.
"""

from collections.abc import Callable
from typing import Any

from aiortc import RTCRtpReceiver
from aiortc.rtp import RtpPacket

from kiosk.call.receiving.redundant_packet import Seen, take_apart
from kiosk.call.sdp import VoiceTypes

_HANDLE = "_handle_rtp_packet"
_ROUTER = "_rtp_router"


def take_redundant(receiver: RTCRtpReceiver, types: VoiceTypes, missed: Callable[[RtpPacket], None]) -> None:
    """`missed` gets each packet that was lost and came inside a later one.

    Raises AttributeError when aiortc has changed.
    """
    handle = getattr(receiver, _HANDLE)
    routes: dict[int, set[object]] = getattr(receiver.transport, _ROUTER).payload_type_table
    routes.setdefault(types.redundant, set()).add(receiver)
    sources: dict[int, Seen] = {}

    async def apart(packet: RtpPacket, arrival_time_ms: int) -> None:
        come = sources.setdefault(packet.ssrc, Seen())
        come.comes(packet.sequence_number)
        if packet.payload_type == types.redundant:
            found = take_apart(packet.payload, types.opus)
            if found is None:
                return
            for carried in found.carried:
                number = packet.sequence_number - carried.back & 0xFFFF
                if carried.payload and come.comes(number):
                    missed(_earlier(packet, number, carried.offset, carried.payload, types.opus))
            packet.payload_type, packet.payload = types.opus, found.payload
        await handle(packet, arrival_time_ms)

    changed: Any = receiver
    setattr(changed, _HANDLE, apart)


def _earlier(packet: RtpPacket, number: int, offset: int, payload: bytes, payload_type: int) -> RtpPacket:
    return RtpPacket(
        payload_type=payload_type,
        sequence_number=number,
        timestamp=packet.timestamp - offset & 0xFFFFFFFF,
        ssrc=packet.ssrc,
        payload=payload,
    )
