"""One WebRTC connection: made for one offer, thrown away with it. Imports aiortc: loaded after `open`."""

import logging
from collections.abc import Callable

from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpTransceiver,
    RTCSessionDescription,
)

from kiosk.call import remote, sdp
from kiosk.call.channels import Channels
from kiosk.call.errors import CallError, CallReason
from kiosk.call.line import Measure
from kiosk.call.repairs.encoders import set_encoder
from kiosk.call.repairs.fast_h264 import FastH264Encoder
from kiosk.call.repairs.guarded_receive import guard_receive
from kiosk.call.repairs.loopback import offer_loopback
from kiosk.call.repairs.marker_release import release_on_marker
from kiosk.call.repairs.mono_opus import stethoscope_encoder, voice_encoder
from kiosk.call.repairs.spread_candidates import spread_candidates
from kiosk.call.settings import CallMedia
from kiosk.call.switch import Switch, Switches
from kiosk.call.tracks import PcmTrack, VideoTrack
from kiosk.tasks import Tasks

_logger = logging.getLogger(__name__)
_H264 = "video/H264"


class Peer:
    """`await answer(offer)` once, then it lives until `close`. `changed` is told of each connection state."""

    def __init__(
        self,
        media: CallMedia,
        switches: Switches,
        channels: Channels,
        changed: Callable[["Peer", str], None],
        video_rate_hz: float = 30.0,
        include_loopback: bool = False,
    ) -> None:
        if include_loopback:
            offer_loopback()
        self._media = media
        self._switches = switches
        self._changed = changed
        self.channels = channels
        self._tasks = Tasks("what arrives cannot be shown")
        always, never = Switch(True), Switch(False)
        self._voice = PcmTrack(media.voice, always, switches.muted, fill=True)
        self._stethoscope = PcmTrack(media.stethoscope, switches.stethoscope, never, fill=False)
        self._face = VideoTrack(media.face, always, video_rate_hz)
        self._otoscope = VideoTrack(media.otoscope, switches.otoscope, video_rate_hz)
        self._connection = self._connect()

    def _connect(self) -> RTCPeerConnection:
        # No server list at all: aiortc's own default is a public STUN server.
        configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        connection = RTCPeerConnection(configuration)
        connection.on("track", self._receive)
        connection.on("datachannel", self.channels.adopt)
        connection.on("connectionstatechange", self._state_changed)
        return connection

    async def answer(self, offer: str) -> str:
        """The description to send back, with all candidates. Raises CallError(BAD_OFFER)."""
        sdp.check_sections(offer)
        connection = self._connection
        sections = self._add_tracks()
        try:
            await connection.setRemoteDescription(RTCSessionDescription(spread_candidates(offer), "offer"))
            self._repair(sections)
            await connection.setLocalDescription(await connection.createAnswer())
        except Exception as error:
            # aiortc raises whatever its parser stumbles over; the offer is genuine but not for us.
            _logger.exception("the offer cannot be answered")
            raise CallError(CallReason.BAD_OFFER, type(error).__name__) from error
        return str(connection.localDescription.sdp)

    def _add_tracks(self) -> list[RTCRtpTransceiver]:
        """In the order of the offer's sections: aiortc pairs them by kind and order."""
        add = self._connection.addTransceiver
        return [
            add(self._voice, direction="sendrecv"),
            add(self._face, direction="sendrecv"),
            add(self._otoscope, direction="sendonly"),
            add(self._stethoscope, direction="sendonly"),
        ]

    def _repair(self, sections: list[RTCRtpTransceiver]) -> None:
        voice, face, otoscope, stethoscope = sections
        guard_receive(voice.receiver.transport, self._connection.sctp)
        set_encoder(voice.sender, voice_encoder())
        set_encoder(stethoscope.sender, stethoscope_encoder())
        for section, track in ((face, self._face), (otoscope, self._otoscope)):
            release_on_marker(section.receiver)
            track.resumed = section.sender._send_keyframe
            if section._codecs[0].mimeType == _H264:
                set_encoder(section.sender, FastH264Encoder(self._share))

    def _share(self) -> float:
        """Of the line, for one picture. (Weights and a real controller are to come.)"""
        return 0.5 if self._switches.otoscope.on else 0.9

    def _receive(self, track: MediaStreamTrack) -> None:
        if track.kind == "video":
            self._tasks.spawn(remote.show(track, self._media.remote_video))
        else:
            self._tasks.spawn(remote.play(track, self._media.remote_audio))

    def _state_changed(self) -> None:
        self._changed(self, self.state)

    @property
    def state(self) -> str:
        """ "new", "connecting", "connected", "failed" or "closed"."""
        return str(self._connection.connectionState)

    async def measure(self) -> Measure:
        """Round trip and loss of what we send, from the receiver's reports; and what has arrived so far."""
        rtts_s: list[float] = []
        losses: list[float] = []
        received = 0
        for report in (await self._connection.getStats()).values():
            if report.type == "remote-inbound-rtp":
                losses.append(report.fractionLost / 256)
                rtts_s.extend([report.roundTripTime] if report.roundTripTime is not None else [])
            elif report.type == "transport":
                received = max(received, report.bytesReceived)
        rtt_ms = min(rtts_s) * 1000 if rtts_s else None
        return Measure(rtt_ms, max(losses) if losses else None, received)

    async def close(self) -> None:
        """End it; idempotent."""
        self._connection.remove_all_listeners("connectionstatechange")
        await self._connection.close()  # ends the tracks, and so whoever shows them
        await self._tasks.close()
        for track in (self._voice, self._face, self._otoscope, self._stethoscope):
            track.stop()
