"""The current connection of a call and its replacement: one at a time, each made for one offer."""

import asyncio
import importlib
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from kiosk.call import page_messages, sdp
from kiosk.call.channels import Channels
from kiosk.call.echo import EchoGuard
from kiosk.call.errors import CallError, CallReason
from kiosk.call.figures import CallFigures
from kiosk.call.minutes import Figures, Minutes
from kiosk.call.progress import Progress
from kiosk.call.reaching.reaching import Reaching, Route
from kiosk.call.settings import CallMedia, CallSettings
from kiosk.call.slow_lane import SlowLane
from kiosk.call.switch import Switch, Switches
from kiosk.call.watch import LineWatch
from kiosk.events import CallPhase, LineQuality
from kiosk.memory import give_back
from kiosk.session import LineMinute
from kiosk.tasks import Tasks

if TYPE_CHECKING:
    from kiosk.call.peer import Peer
    from kiosk.call.repairs.voice_receiver import VoiceFigures

_MINUTES_LOOK_S = 2.0
_FLUSH_S, _FLUSH_STEP_S = 1.0, 0.02
_NO_LINE = page_messages.Line(LineQuality.UNKNOWN, None, None)


class Owner(Protocol):
    """Who is told what happens on the connection."""

    def channel_opened(self) -> None: ...
    def page_said(self, message: page_messages.PageMessage) -> None: ...
    def disconnected(self) -> None: ...
    def changed(self) -> None: ...
    def line_divided(self, face_paused: bool, otoscope_paused: bool, stethoscope_live: bool) -> None: ...
    def line_minute(self, minute: LineMinute) -> None: ...


def _without_echo(media: CallMedia) -> CallMedia:
    """The voice microphone and the loudspeaker through one guard; the stethoscope never."""
    guard = EchoGuard(media.voice, media.remote_audio)
    return replace(media, voice=guard, remote_audio=guard)


class Connections:
    """Keeps what outlives a connection: the switches and the facts in `progress`."""

    def __init__(
        self,
        settings: CallSettings,
        media: CallMedia,
        progress: Progress,
        owner: Owner,
        reaching: Reaching,
    ) -> None:
        self._settings = settings
        self._media = _without_echo(media) if settings.cancel_echo else media
        self._progress = progress
        self._owner = owner
        self._reaching = reaching
        self.switches = Switches(Switch(), Switch(), Switch())
        self.line = _NO_LINE
        self.picture_paused = self.physician_paused = False
        self.channels = self._new_channels()
        self.lane = SlowLane(self.channels)
        self._peer: Peer | None = None
        self._watch: LineWatch | None = None
        self._watching: asyncio.Task[None] | None = None
        self._minutes = Minutes()
        self._counting: asyncio.Task[None] | None = None
        self._loading: asyncio.Task[object] | None = None
        self._tasks = Tasks("a connection was not closed cleanly")

    def load(self) -> None:
        """Import aiortc beside the loop: it takes half a second."""
        self._loading = asyncio.create_task(asyncio.to_thread(importlib.import_module, "kiosk.call.peer"))

    async def answer(self, offer: str) -> tuple[str, list[str]]:
        """Replace the connection. Returns the answer and both fingerprints.

        Raises CallError: BAD_OFFER, NO_RELAY.
        """
        remote = sdp.fingerprint(offer)  # before anything is dropped: a bad offer costs no connection
        sdp.check_sections(offer)
        if self._loading is not None:
            await self._loading
        route = await self._reaching.route()
        self._drop()
        if route.blocked:
            self._lost()
            raise CallError(CallReason.NO_RELAY)
        peer = self._peer = self._new_peer(route)
        self._progress.peer_state(peer.state)
        self._owner.changed()
        try:
            answer = await peer.answer(offer)
            return answer, [sdp.fingerprint(answer), remote]
        except CallError:
            if peer is self._peer:
                self._lost()
            raise

    def _new_channels(self) -> Channels:
        return Channels(self._owner.channel_opened, self._owner.page_said)

    def _new_peer(self, route: Route) -> "Peer":
        from kiosk.call.peer import Peer

        self.channels = self._new_channels()
        self.lane = SlowLane(self.channels)
        return Peer(
            self._media,
            self.switches,
            self.channels,
            self.lane,
            self,
            self._settings.video_rate_hz,
            self._settings.include_loopback,
            route,
        )

    def line_divided(
        self, peer: "Peer", face_paused: bool, otoscope_paused: bool, stethoscope_live: bool
    ) -> None:
        """The line carries more or less than before."""
        if peer is self._peer:
            self.picture_paused = face_paused
            self._owner.line_divided(face_paused, otoscope_paused, stethoscope_live)

    def peer_changed(self, peer: "Peer", state: str) -> None:
        if peer is not self._peer:
            return
        if state in ("failed", "closed"):
            self._reaching.failed()
            self._lost()
            return
        self._progress.peer_state(state)
        if state == "connected" and self._counting is None:
            self._counting = asyncio.create_task(self._count_minutes())
        if state == "connected" and self._watch is None:
            self._watch = LineWatch(peer, self._looked)
            self._watching = asyncio.create_task(self._watch.run())
        self._owner.changed()

    def _looked(self, line: page_messages.Line, silent: bool) -> None:
        self.line, self._progress.silent = line, silent
        self._owner.changed()

    async def _count_minutes(self) -> None:
        """From the first connection on, cuts included and absences not, until cancelled."""
        counted = (0.0, 0.0)
        while True:
            await asyncio.sleep(_MINUTES_LOOK_S)
            peer = self._peer if self._progress.phase is CallPhase.CONNECTED else None
            figures = Figures(False)
            if peer is not None:
                counted, concealed = _concealed(counted, peer.voice)
                measure = await peer.measure()
                figures = Figures(
                    True, measure.rtt_ms, measure.loss, measure.bytes_sent, measure.bytes_received, concealed
                )
            if self._progress.left:  # maybe while it was measured
                continue
            minute = self._minutes.add(datetime.now().astimezone(), figures)
            if minute is not None:
                self._owner.line_minute(minute)
                await asyncio.to_thread(give_back)

    def last_minute(self) -> LineMinute | None:
        """The minute under way, before it is closed by something else; None: too short."""
        return self._minutes.rest()

    def figures(self) -> CallFigures:
        """One look at the connection that is there, if any."""
        phase = self._progress.phase
        return self._peer.figures(phase) if self._peer is not None else CallFigures(phase)

    def page_says(self, line: page_messages.Line) -> None:
        if self._watch is not None:
            self._watch.page_says(line)
            self.physician_paused = not line.picture
            self._owner.changed()

    def physician_left(self) -> None:
        """On purpose: the page may come back with a new offer."""
        minute, self._minutes = self.last_minute(), Minutes()
        if minute is not None:
            self._owner.line_minute(minute)
        self._drop()
        self._progress.physician_left()
        self._owner.changed()

    def _lost(self) -> None:
        """The connection is gone: everything else waits for the page's next offer."""
        self._drop()
        self._progress.peer_state("closed")
        self._owner.changed()

    def _drop(self) -> None:
        peer, self._peer = self._peer, None
        self._watch, self.line = None, _NO_LINE
        self.picture_paused = self.physician_paused = False
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None
        self.lane.close()
        self._owner.disconnected()
        if peer is not None:
            self._tasks.spawn(peer.close())

    async def close(self) -> None:
        """Let the last messages leave, then end whatever is there."""
        if self._loading is not None:
            await self._loading
        await self._flush()
        if self._counting is not None:
            self._counting.cancel()
        self._drop()
        self._progress.peer_state("closed")
        await self._tasks.join()

    async def _flush(self) -> None:
        for _ in range(round(_FLUSH_S / _FLUSH_STEP_S)):
            if not self.channels.unsent_bytes:
                return
            await asyncio.sleep(_FLUSH_STEP_S)


def _concealed(
    before: tuple[float, float], voice: "VoiceFigures | None"
) -> tuple[tuple[float, float], float | None]:
    """(sound, guessed) in seconds since the connection began, and the share guessed since the last look."""
    if voice is None:
        return before, None
    now = (voice.played_s + voice.fec_s + voice.plc_s, voice.plc_s)
    sound_s, guessed_s = (now[0] - before[0], now[1] - before[1]) if now[0] >= before[0] else now
    return now, guessed_s / sound_s if sound_s > 0 else None
