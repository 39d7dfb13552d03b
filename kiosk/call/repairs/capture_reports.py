"""aiortc's sender reports tell when a packet left, not when it was captured: lips and voice drift apart.

RFC 3550 section 6.4.1: the RTP time of a report is that of the instant in its NTP time. Encoding and pacing
take longer for pictures than for sound, so the last packet's time is wrong by another amount for each.
"""

import time
from collections.abc import Callable

from aiortc import RTCRtpSender, clock
from aiortc.rtcrtpsender import RTCEncodedFrame
from aiortc.rtp import AnyRtcpPacket, RtcpSrPacket
from aiortc.utils import uint32_add

_RTP_TIME = "_RTCRtpSender__rtp_timestamp"
_NEXT, _SEND = "_next_encoded_frame", "_send_rtcp"
_NTP_SECOND = 1 << 32
_WRAP = 1 << 32

# The RTP time of what is captured at a `time.monotonic()`; None before the second picture or sound was sent.
RtpClock = Callable[[float], int | None]


def report_capture_times(sender: RTCRtpSender, pts_at: Callable[[float], float]) -> RtpClock:
    """Let the reports follow the track's clock, before it is sent. Returns what they tell.

    `pts_at` gives the track's time of what is captured at a `time.monotonic()`.
    """
    for name in (_RTP_TIME, _NEXT, _SEND):
        if not hasattr(sender, name):
            raise AttributeError(f"this aiortc has no {name}: see whether its reports are right now")
    return _CaptureReports(sender, pts_at).rtp_at


class _CaptureReports:
    """Stands between one sender and its two methods; what it learns there is where the RTP times begin."""

    def __init__(self, sender: RTCRtpSender, pts_at: Callable[[float], float]) -> None:
        self._sender = sender
        self._pts_at = pts_at
        self._next, self._send = getattr(sender, _NEXT), getattr(sender, _SEND)
        self._sent: RTCEncodedFrame | None = None
        self._origin: int | None = None
        setattr(sender, _NEXT, self._next_frame)
        setattr(sender, _SEND, self._send_rtcp)

    async def _next_frame(self, codec: object) -> RTCEncodedFrame | None:
        if self._sent is not None:  # the one before has left by now
            self._origin = (getattr(self._sender, _RTP_TIME) - self._sent.timestamp) % _WRAP
        frame: RTCEncodedFrame | None = await self._next(codec)
        self._sent = frame or self._sent
        return frame

    async def _send_rtcp(self, packets: list[AnyRtcpPacket]) -> None:
        for packet in packets:
            if isinstance(packet, RtcpSrPacket):
                ago_s = (clock.current_ntp_time() - packet.sender_info.ntp_timestamp) / _NTP_SECOND
                timestamp = self.rtp_at(time.monotonic() - ago_s)
                if timestamp is not None:
                    packet.sender_info.rtp_timestamp = timestamp
        await self._send(packets)

    def rtp_at(self, captured_s: float) -> int | None:
        if self._origin is None:
            return None
        return int(uint32_add(self._origin, round(self._pts_at(captured_s))))
