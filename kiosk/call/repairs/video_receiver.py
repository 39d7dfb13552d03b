"""aiortc asks once for a lost video packet, lets one picture out for each packet, and shows broken ones.

It also waits for the next picture's first packet, and a gap can delay all later pictures for good. Here:
repeated NACK, patience of 0.45 s, then a key picture is asked for (PLI, RFC 4585 section 6.3.1) and nothing
is shown before it.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from aiortc import RTCRtpReceiver
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtp import RtpPacket

from kiosk.call.receiving.picture_buffer import PictureBuffer, VideoPacket

_PREFIX = "_RTCRtpReceiver__"
_NEEDED = ("jitter_buffer", "nack_generator", "decoder_queue", "decoder_thread", "codecs")
_DECODER_QUEUED_MAX = 12
_PERIOD_S = 0.010


class _Intake:
    """Takes the place of aiortc's jitter buffer: keeps what comes, and gives nothing back."""

    def __init__(self, keep: Callable[[RtpPacket], None]) -> None:
        self._keep = keep

    def add(self, packet: RtpPacket) -> tuple[bool, None]:
        self._keep(packet)
        return False, None


class VideoReceiver:
    """`await run()` until cancelled, for as long as the receiver lives."""

    def __init__(self, receiver: RTCRtpReceiver, clock: Callable[[], float] = time.monotonic) -> None:
        self.buffer = PictureBuffer()
        self.asked_again = 0  # packets
        self.asked_key = 0  # pictures
        self._receiver: Any = receiver
        self._clock = clock
        self._ssrc: int | None = None
        self._wake = asyncio.Event()
        self._stock_handle = self._receiver._handle_rtp_packet
        self._stock_pli = self._receiver._send_rtcp_pli

    def attach(self) -> None:
        for name in _NEEDED:
            if not hasattr(self._receiver, _PREFIX + name):
                raise AttributeError(f"this aiortc has no {_PREFIX + name}: see how it receives video now")
        setattr(self._receiver, _PREFIX + "jitter_buffer", _Intake(self._keep))
        setattr(self._receiver, _PREFIX + "nack_generator", None)
        self._receiver._handle_rtp_packet = self._handle
        self._receiver._send_rtcp_pli = self._broken

    async def _handle(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        await self._stock_handle(packet, arrival_time_ms=arrival_time_ms)
        self._release()

    def _keep(self, packet: RtpPacket) -> None:
        codec = self._codecs.get(packet.payload_type)
        if codec is None or codec.name not in ("H264", "VP8"):
            return
        if packet.ssrc != self._ssrc:
            self._ssrc, self.buffer = packet.ssrc, PictureBuffer()
        data: bytes = packet._data  # type: ignore[attr-defined]
        now_s = self._clock()
        self.buffer.put(
            VideoPacket(
                packet.sequence_number, packet.timestamp, bool(packet.marker), data, codec.name, now_s
            )
        )
        if self.buffer.waits:
            self._wake.set()

    @property
    def _codecs(self) -> dict[int, Any]:
        found: dict[int, Any] = getattr(self._receiver, _PREFIX + "codecs")
        return found

    def _release(self) -> None:
        """All pictures that are whole, to the decoder. One that cannot keep up gets a key picture later."""
        queue = getattr(self._receiver, _PREFIX + "decoder_queue")
        while (picture := self.buffer.pop()) is not None:
            if getattr(self._receiver, _PREFIX + "decoder_thread") is None:
                return
            if queue.qsize() >= _DECODER_QUEUED_MAX:
                self.buffer.broken()
                self._wake.set()
                return
            codec = next(codec for codec in self._codecs.values() if codec.name == picture.codec)
            queue.put((codec, JitterFrame(picture.data, picture.timestamp)))

    async def _broken(self, media_ssrc: int) -> None:
        """aiortc asks for a key picture: its decoder has met an error."""
        self.buffer.broken()
        self._wake.set()

    async def run(self) -> None:
        """Ask for what is missing, again and again, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self.buffer.waits:
                await self._ask()
                await asyncio.sleep(_PERIOD_S)

    async def _ask(self) -> None:
        now_s = self._clock()
        self.buffer.expire(now_s)
        self._release()
        if self._ssrc is None:
            return
        wanted = self.buffer.missing.due(now_s)
        if wanted:
            self.asked_again += len(wanted)
            await self._receiver._send_rtcp_nack(self._ssrc, wanted)
        if self.buffer.wants_key(now_s):
            self.asked_key += 1
            await self._stock_pli(self._ssrc)


def receive_video(receiver: RTCRtpReceiver) -> VideoReceiver:
    """Repair one receiver, before it receives. Raises AttributeError when aiortc has changed."""
    repaired = VideoReceiver(receiver)
    repaired.attach()
    return repaired
