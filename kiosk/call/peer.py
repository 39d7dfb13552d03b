"""One WebRTC connection: made for one offer, thrown away with it. Imports aiortc: loaded after `open`."""

import asyncio
import logging
from functools import partial
from typing import Protocol

from aiortc import RTCDtlsTransport, RTCPeerConnection, RTCRtpTransceiver, RTCSessionDescription

from kiosk.call import looking, sdp, wire
from kiosk.call.channels import Channels
from kiosk.call.errors import CallError, CallReason
from kiosk.call.figures import CallFigures, Way
from kiosk.call.line import Measure
from kiosk.call.outgoing import Outgoing
from kiosk.call.reaching.ice import configuration, repair_gathering
from kiosk.call.reaching.reaching import DIRECT, Route
from kiosk.call.remote import Remote
from kiosk.call.repairs.bounded_data import bound_data
from kiosk.call.repairs.few_sources import limit_sources
from kiosk.call.repairs.guarded_receive import guard_receive
from kiosk.call.repairs.loopback import offer_loopback
from kiosk.call.repairs.patient_consent import be_patient
from kiosk.call.repairs.quick_level import quick_level
from kiosk.call.repairs.quick_sctp import quicken_sctp, repeat_now
from kiosk.call.repairs.redundant_receive import take_redundant
from kiosk.call.repairs.sparing_sctp import limit_flight, spare_repeats
from kiosk.call.repairs.spread_candidates import spread_candidates
from kiosk.call.repairs.transport_feedback import negotiate_transport_feedback
from kiosk.call.repairs.voice_receiver import VoiceFigures
from kiosk.call.settings import CallMedia
from kiosk.call.slow_lane import SlowLane
from kiosk.call.stills import Stills
from kiosk.call.streams import Shares
from kiosk.call.switch import Switches
from kiosk.events import CallPhase
from kiosk.tasks import Tasks

_logger = logging.getLogger(__name__)
_LANE_FIRST_BPS = 64_000  # for the tenth of a second until what waits has its own share
_LANE_NARROW_BPS = 12_000  # two oximeters, and nothing of their past
_READ_OFFER_S = 5.0
_CLOCKS_S = 2.0


class PeerOwner(Protocol):
    """Who is told of a connection."""

    def peer_changed(self, peer: "Peer", state: str) -> None: ...
    def line_divided(
        self, peer: "Peer", face_paused: bool, otoscope_paused: bool, stethoscope_live: bool
    ) -> None: ...


class Peer:
    """`await answer(offer)` once, then it lives until `close`."""

    def __init__(
        self,
        media: CallMedia,
        switches: Switches,
        channels: Channels,
        lane: SlowLane,
        owner: PeerOwner,
        video_rate_hz: float = 30.0,
        include_loopback: bool = False,
        route: Route = DIRECT,
    ) -> None:
        _repair_library(include_loopback)
        self._media = media
        self._switches = switches
        self._route = route
        self._owner = owner
        self._channels = channels
        self._lane = lane
        self._tasks = Tasks("a part of the connection has ended")
        self._outgoing = Outgoing(media, switches, video_rate_hz, self._bulk_waits, self._divided)
        self._stills = Stills(lane, {"face": media.face, "otoscope": media.otoscope})
        self._remote: Remote | None = None
        self._transport: RTCDtlsTransport | None = None
        self._connection = self._connect()

    def _connect(self) -> RTCPeerConnection:
        connection = RTCPeerConnection(configuration(self._route))
        connection.on("datachannel", self._channels.adopt)
        connection.on("connectionstatechange", self._state_changed)
        return connection

    async def answer(self, offer: str) -> str:
        """The description to send back, with all candidates. Raises CallError(BAD_OFFER)."""
        connection = self._connection
        sections = self._add_tracks()
        try:
            async with asyncio.timeout(_READ_OFFER_S):  # it looks up names
                await connection.setRemoteDescription(
                    RTCSessionDescription(spread_candidates(offer), "offer")
                )
            types = sdp.voice_types(offer)
            self._repair(sections, types)
            await connection.setLocalDescription(await connection.createAnswer())
        except Exception as error:
            # aiortc raises whatever its parser stumbles over; the offer is genuine but not for us.
            _logger.exception("the offer cannot be answered")
            raise CallError(CallReason.BAD_OFFER, type(error).__name__) from error
        answer = str(connection.localDescription.sdp)
        return sdp.with_voice_repair(answer, types) if types is not None else answer

    def _add_tracks(self) -> list[RTCRtpTransceiver]:
        """In the order of the offer's sections: aiortc pairs them by kind and order."""
        directions = ("sendrecv", "sendrecv", "sendonly", "sendonly")
        add = self._connection.addTransceiver
        tracks = zip(self._outgoing.tracks, directions, strict=True)
        return [add(track, direction=direction) for track, direction in tracks]

    def _repair(self, sections: list[RTCRtpTransceiver], types: sdp.VoiceTypes | None) -> None:
        voice, face, *_ = sections
        transport = self._transport = voice.receiver.transport
        repair_gathering(transport, self._route)
        be_patient(transport.transport)
        self._remote = Remote(
            voice.receiver, self._media.remote_audio, face.receiver, self._media.remote_video
        )
        if types is not None:
            take_redundant(voice.receiver, types, self._remote.voice.put)
        self._outgoing.attach(sections, [voice.receiver, face.receiver], types)
        if self._connection.sctp is not None and self._outgoing.line is not None:
            self._outgoing.line.came_back = partial(repeat_now, self._connection.sctp)
            self._outgoing.line.limit_data = partial(limit_flight, self._connection.sctp)
        if self._connection.sctp is not None:
            bound_data(self._connection.sctp)
        limit_sources(transport)
        guard_receive(transport, self._connection.sctp)  # last: it stands before all the others
        for part in (self._remote.run(), self._stills.run(), self._tell_clocks()):
            self._tasks.spawn(part)

    async def _tell_clocks(self) -> None:
        """What the page needs to bring lips and voice together; one that is lost is followed by the next."""
        while True:
            await asyncio.sleep(_CLOCKS_S)
            if clocks := self._outgoing.clocks():
                self._channels.send_wave(wire.clocks(*clocks))

    def _bulk_waits(self) -> bool:
        """A paused picture is replaced by stills; those and recorded sounds need a share of the line."""
        return self._lane.busy or bool(self._stills.wanted)

    def _divided(self, shares: Shares) -> None:
        narrow = not (shares.face_bps or shares.otoscope_bps)
        self._lane.rate_bps = shares.bulk_bps or (_LANE_NARROW_BPS if narrow else _LANE_FIRST_BPS)
        face_paused = not shares.face_bps and self._media.face.latest() is not None
        otoscope_paused = self._switches.otoscope.on and not shares.otoscope_bps
        paused = (("otoscope", otoscope_paused), ("face", face_paused))
        self._stills.wanted = tuple(what for what, is_paused in paused if is_paused)
        self._owner.line_divided(self, face_paused, otoscope_paused, shares.stethoscope_live)

    def _state_changed(self) -> None:
        self._owner.peer_changed(self, self.state)

    @property
    def state(self) -> str:
        """ "new", "connecting", "connected", "failed" or "closed"."""
        return str(self._connection.connectionState)

    @property
    def voice(self) -> VoiceFigures | None:
        """How the physician's voice arrives."""
        return self._remote.voice.figures if self._remote is not None else None

    def figures(self, phase: CallPhase) -> CallFigures:
        """One look, for the technician."""
        way = looking.way(self._transport) if self._transport is not None else Way.UNKNOWN
        relay = looking.relay(way, self._route)
        heard = looking.heard(self._remote) if self._remote is not None else None
        return CallFigures(phase, way, relay, self._outgoing.figures(), heard)

    async def measure(self) -> Measure:
        """Round trip and loss of what we send, from the receiver's reports; and what has passed so far."""
        rtts_s: list[float] = []
        losses: list[float] = []
        sent = received = 0
        for report in (await self._connection.getStats()).values():
            if report.type == "remote-inbound-rtp":
                losses.append(report.fractionLost / 256)
                rtts_s.extend([report.roundTripTime] if report.roundTripTime is not None else [])
            elif report.type == "transport":
                sent, received = max(sent, report.bytesSent), max(received, report.bytesReceived)
        rtt_ms = min(rtts_s) * 1000 if rtts_s else None
        return Measure(rtt_ms, max(losses) if losses else None, received, sent)

    async def close(self) -> None:
        """End it; idempotent."""
        self._connection.remove_all_listeners("connectionstatechange")
        await self._connection.close()  # ends the tracks, and so whoever shows them
        await self._tasks.close()
        await self._outgoing.close()


def _repair_library(include_loopback: bool) -> None:
    """What can only be mended for the whole process."""
    negotiate_transport_feedback()
    spare_repeats()
    quicken_sctp()
    quick_level()
    if include_loopback:
        offer_loopback()
