"""What one connection sends: four tracks, their encoders, who divides the line among them. Imports aiortc."""

import asyncio
import time
from collections.abc import Callable, Sequence

from aiortc import MediaStreamTrack, RTCRtpReceiver, RTCRtpTransceiver
from aiortc.codecs.base import Encoder

from drivers.frames import FrameSlot
from kiosk.call import looking
from kiosk.call.conductor import Conductor, Film
from kiosk.call.congestion.ladder import Ladder
from kiosk.call.congestion.line_end import LineEnd
from kiosk.call.encoding.h264 import LiveH264Encoder
from kiosk.call.encoding.processor import ProcessorWatch
from kiosk.call.encoding.redundant import Redundancy, RedundantVoice
from kiosk.call.encoding.stethoscope import StethoscopeEncoder
from kiosk.call.encoding.target import LiveTarget
from kiosk.call.encoding.voice import VoiceEncoder
from kiosk.call.encoding.vp8 import LiveVp8Encoder
from kiosk.call.figures import Codec, SendingFigures
from kiosk.call.repairs.capture_reports import RtpClock, report_capture_times
from kiosk.call.repairs.encoders import set_encoder
from kiosk.call.repairs.encoding_thread import EncodingThread
from kiosk.call.repairs.same_stream import share_stream
from kiosk.call.sdp import VoiceTypes
from kiosk.call.settings import CallMedia
from kiosk.call.streams import Shares, Size, VideoTarget
from kiosk.call.switch import Switch, Switches
from kiosk.call.tracks import PcmTrack, VideoTrack

_H264 = "video/H264"
# How much later than the lips the voice may come: the page would hold the pictures back by as much as sound
# takes longer. Nobody notices up to 0.125 s (ITU-R BT.1359-1); the page's own control needs the rest.
VOICE_LATE_S = 0.025
_FIRST = VideoTarget(250_000, Size(640, 480, 15.0))  # for the first tenth of a second


class Outgoing:
    """`tracks` go into the connection, `attach` follows once the offer was read, `close` at the end."""

    def __init__(
        self,
        media: CallMedia,
        switches: Switches,
        video_rate_hz: float,
        bulk_waits: Callable[[], bool],
        told: Callable[[Shares], None],
    ) -> None:
        """`bulk_waits`: something slow waits to be sent. `told`: the line is divided differently now."""
        always, never = Switch(True), Switch(False)
        began_s = time.monotonic()
        self._processor = ProcessorWatch()
        self._bulk_waits, self._told = bulk_waits, told
        self._stethoscope_on = switches.stethoscope
        self.films = (
            self._film(media.face, always, video_rate_hz),
            self._film(media.otoscope, switches.otoscope, video_rate_hz),
        )
        self._videos = tuple(
            VideoTrack(film.slot, film.switch, video_rate_hz, film.target, began_s) for film in self.films
        )
        self._voice = PcmTrack(media.voice, always, switches.muted, fill=True, origin_s=began_s)
        self._live = Switch(False)  # the stethoscope is on, and the line can carry it
        self._stethoscope = PcmTrack(media.stethoscope, self._live, never, fill=False, origin_s=began_s)
        self._clocks: list[RtpClock] = []
        self._threads: list[EncodingThread] = []
        self.line: LineEnd | None = None
        self.conductor: Conductor | None = None
        self._codec = Codec.H264
        self._conducting: asyncio.Task[None] | None = None

    def _film(self, slot: FrameSlot, switch: Switch, rate_hz: float) -> Film:
        return Film(slot, switch, LiveTarget(_FIRST), Ladder(), rate_hz)

    @property
    def tracks(self) -> list[MediaStreamTrack]:
        """Voice, face, otoscope, stethoscope."""
        return [self._voice, *self._videos, self._stethoscope]

    def attach(
        self,
        sections: Sequence[RTCRtpTransceiver],
        receivers: Sequence[RTCRtpReceiver],
        types: VoiceTypes | None = None,
    ) -> None:
        """Give the senders their encoders and the transport its pace, before anything is sent.

        `types`: the other side takes redundant sound.
        """
        voice, face, otoscope, stethoscope = sections
        share_stream(voice.sender, face.sender)
        share_stream(otoscope.sender)
        share_stream(stethoscope.sender)
        encoder = VoiceEncoder()
        redundancy = Redundancy(types.opus) if types is not None else None
        set_encoder(voice.sender, RedundantVoice(encoder, redundancy) if redundancy is not None else encoder)
        set_encoder(stethoscope.sender, StethoscopeEncoder())
        senders = [section.sender for section in sections]
        for track, sender in zip(self._videos, (face.sender, otoscope.sender), strict=True):
            track.resumed = sender._send_keyframe  # before the line limits how often one is made
        self.line = LineEnd(voice.receiver.transport, senders, receivers)
        self.line.attach()
        if types is not None:
            self.line.payload_types[voice.sender._ssrc] = types.redundant
        for section, track, film in zip((face, otoscope), self._videos, self.films, strict=True):
            set_encoder(section.sender, self._encoder(section, film))
            self._threads.append(EncodingThread(section.sender))
            track.backlog_s, track.must_wait = self._backlog_s, self._must_wait
            self._clocks.append(report_capture_times(section.sender, track.pts_at))
        self._clocks.append(
            report_capture_times(voice.sender, lambda at_s: self._voice.pts_at(at_s - VOICE_LATE_S))
        )
        report_capture_times(stethoscope.sender, self._stethoscope.pts_at)
        self.conductor = Conductor(
            self.line,
            encoder,
            redundancy,
            self.films,
            self._stethoscope_on,
            self._processor,
            self._bulk_waits,
            self._divided,
        )
        self._conducting = asyncio.create_task(self.conductor.run())

    def _divided(self, shares: Shares) -> None:
        self._live.set(shares.stethoscope_live)
        self._told(shares)

    def _encoder(self, section: RTCRtpTransceiver, film: Film) -> Encoder:
        self._codec = Codec.H264 if section._codecs[0].mimeType == _H264 else Codec.VP8
        kind = LiveH264Encoder if self._codec is Codec.H264 else LiveVp8Encoder
        return kind(film.target, self._processor.took)

    def _backlog_s(self) -> float:
        return self.line.pacer.backlog_s if self.line is not None else 0.0

    def _must_wait(self) -> bool:
        return self.line is not None and self.line.controller.is_overfull

    def clocks(self) -> tuple[int, int] | None:
        """The RTP times of one instant in the voice and in the face; None before both have been sent."""
        if not self._clocks:
            return None
        face, _, voice = (clock(time.monotonic()) for clock in self._clocks)
        return None if face is None or voice is None else (voice, face)

    def figures(self) -> SendingFigures | None:
        """What is sent now; None before the offer was read."""
        if self.line is None or self.conductor is None:
            return None
        shares, (face, otoscope) = self.conductor.shares, self.films
        return SendingFigures(
            looking.line(self.line.controller),
            looking.picture(face),
            looking.picture(otoscope),
            shares.voice if shares is not None else None,
            round(self._processor.limit * 100),
            self._codec,
        )

    async def close(self) -> None:
        """Idempotent; after the connection was closed."""
        if self._conducting is not None:
            self._conducting.cancel()
            await asyncio.gather(self._conducting, return_exceptions=True)
        if self.line is not None:
            await self.line.close()
        for track in self.tracks:
            track.stop()
        for thread in self._threads:
            thread.close()
