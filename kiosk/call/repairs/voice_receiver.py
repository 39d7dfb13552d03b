"""aiortc's way of incoming sound loses a third of it at 10 % loss: it waits for packets that never come.

Here the packets go past its jitter buffer and decoder thread, through `kiosk.call.receiving`. Its statistics,
receiver reports and the end of its track stay what they were.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiortc import RTCRtpReceiver
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtpPacket

from drivers.chunks import RATE_HZ
from kiosk.call.receiving.lip_sync import LipSync
from kiosk.call.receiving.opus import Decoder, opus_decoder
from kiosk.call.receiving.pace import Pace, Ticks
from kiosk.call.receiving.playout import Playout
from kiosk.call.receiving.sink import latency_s, waiting_s
from kiosk.call.repairs.sender_reports import tell_sender_reports
from kiosk.call.settings import PcmSink

_PREFIX = "_RTCRtpReceiver__"
_NEEDED = ("jitter_buffer", "codecs", "remote_streams")


@dataclass(frozen=True, slots=True)
class VoiceFigures:
    """Since the beginning: sound played as sent, saved by the next packet's copy (FEC), guessed (PLC).

    `last_packet_s`: `time.monotonic()` of the newest packet, None before the first.
    """

    played_s: float
    fec_s: float
    plc_s: float
    lost_packets: int
    late_packets: int
    depth_ms: float
    jitter_ms: float
    last_packet_s: float | None


class VoiceReceiver:
    """`await run()` plays until the track ends."""

    def __init__(
        self,
        receiver: RTCRtpReceiver,
        sink: PcmSink,
        lips: LipSync,
        decoder: Decoder,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lips = lips
        self._receiver: Any = receiver
        self._sink = sink
        self._playout = Playout(decoder)
        self._clock = clock
        self._last_packet_s: float | None = None

    def attach(self) -> None:
        for name in _NEEDED:
            if not hasattr(self._receiver, _PREFIX + name):
                raise AttributeError(f"this aiortc has no {_PREFIX + name}: see how it receives sound now")
        setattr(self._receiver, _PREFIX + "jitter_buffer", self)
        tell_sender_reports(self._receiver, self.lips.voice.reported)

    def add(self, packet: RtpPacket) -> tuple[bool, None]:
        """In place of aiortc's jitter buffer: gives nothing back, so its decoder has nothing to do."""
        codec = getattr(self._receiver, _PREFIX + "codecs").get(packet.payload_type)
        if codec is not None and codec.name.lower() == "opus":
            self._last_packet_s = self._clock()
            self.put(packet)
        return False, None

    def put(self, packet: RtpPacket) -> None:
        """An Opus packet, also one that came inside another."""
        self._playout.buffer.put(packet.ssrc, packet.sequence_number, packet.timestamp, packet.payload)

    async def run(self) -> None:
        """Feed the loudspeaker, from the first packet until the track ends or this is cancelled."""
        playing = asyncio.create_task(self._play())
        try:
            while True:
                await self._receiver.track.recv()
        except MediaStreamError:
            return
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)

    async def _play(self) -> None:
        ticks, pace = Ticks(self._clock()), Pace()
        while True:
            await asyncio.sleep(ticks.wait_s(self._clock()))
            if self._last_packet_s is None:
                continue
            for _ in range(pace.pieces(waiting_s(self._sink))):
                self._piece()

    def _piece(self) -> None:
        heard_at_s = self._clock() + latency_s(self._sink)
        self.lips.heard(self._playout.position, heard_at_s)
        self._sink.play(self._playout.tick())

    @property
    def figures(self) -> VoiceFigures:
        played, counts = self._playout.played, self._playout.buffer.counts
        streams = getattr(self._receiver, _PREFIX + "remote_streams").values()
        return VoiceFigures(
            played_s=played.sound / RATE_HZ,
            fec_s=played.fec / RATE_HZ,
            plc_s=played.plc / RATE_HZ,
            lost_packets=counts.lost,
            late_packets=counts.late,
            depth_ms=self._playout.depth_ms,
            jitter_ms=max((stream.jitter for stream in streams), default=0) * 1000 / RATE_HZ,
            last_packet_s=self._last_packet_s,
        )


def receive_voice(receiver: RTCRtpReceiver, sink: PcmSink, lips: LipSync | None = None) -> VoiceReceiver:
    """Repair one receiver, before it receives. Raises AttributeError when aiortc has changed."""
    repaired = VoiceReceiver(receiver, sink, lips or LipSync(), opus_decoder())
    repaired.attach()
    return repaired
