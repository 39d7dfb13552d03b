"""The current connection of a call and its replacement: one at a time, each made for one offer."""

import asyncio
import importlib
from typing import TYPE_CHECKING, Protocol

from kiosk.call import sdp, wire
from kiosk.call.channels import Channels
from kiosk.call.errors import CallError
from kiosk.call.progress import Progress
from kiosk.call.settings import CallMedia, CallSettings
from kiosk.call.switch import Switch, Switches
from kiosk.call.watch import LineWatch
from kiosk.events import LineQuality
from kiosk.tasks import Tasks

if TYPE_CHECKING:
    from kiosk.call.peer import Peer

_FLUSH_S, _FLUSH_STEP_S = 1.0, 0.02
_NO_LINE = wire.Line(LineQuality.UNKNOWN, None, None)


class Owner(Protocol):
    """Who is told what happens on the connection."""

    def channel_opened(self) -> None: ...
    def page_said(self, message: wire.PageMessage) -> None: ...
    def disconnected(self) -> None: ...
    def changed(self) -> None: ...


class Connections:
    """Keeps what outlives a connection: the switches and the facts in `progress`."""

    def __init__(self, settings: CallSettings, media: CallMedia, progress: Progress, owner: Owner) -> None:
        self._settings = settings
        self._media = media
        self._progress = progress
        self._owner = owner
        self.switches = Switches(Switch(), Switch(), Switch())
        self.line = _NO_LINE
        self.channels = self._new_channels()
        self._peer: Peer | None = None
        self._watch: LineWatch | None = None
        self._watching: asyncio.Task[None] | None = None
        self._loading: asyncio.Task[object] | None = None
        self._tasks = Tasks("a connection was not closed cleanly")

    def load(self) -> None:
        """Import aiortc beside the loop: it takes half a second."""
        self._loading = asyncio.create_task(asyncio.to_thread(importlib.import_module, "kiosk.call.peer"))

    async def answer(self, offer: str) -> tuple[str, list[str]]:
        """Replace the connection. Returns the answer and both fingerprints. Raises CallError(BAD_OFFER)."""
        remote = sdp.fingerprint(offer)
        if self._loading is not None:
            await self._loading
        self._drop()
        peer = self._peer = self._new_peer()
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

    def _new_peer(self) -> "Peer":
        from kiosk.call.peer import Peer

        self.channels = self._new_channels()
        return Peer(
            self._media,
            self.switches,
            self.channels,
            self._peer_changed,
            self._settings.video_rate_hz,
            self._settings.include_loopback,
        )

    def _peer_changed(self, peer: "Peer", state: str) -> None:
        if peer is not self._peer:
            return
        if state in ("failed", "closed"):
            self._lost()
            return
        self._progress.peer_state(state)
        if state == "connected" and self._watch is None:
            self._watch = LineWatch(peer, self._looked)
            self._watching = asyncio.create_task(self._watch.run())
        self._owner.changed()

    def _looked(self, line: wire.Line, silent: bool) -> None:
        self.line, self._progress.silent = line, silent
        self._owner.changed()

    def page_says(self, line: wire.Line) -> None:
        if self._watch is not None:
            self._watch.page_says(line)

    def _lost(self) -> None:
        """The connection is gone: everything else waits for the page's next offer."""
        self._drop()
        self._progress.peer_state("closed")
        self._owner.changed()

    def _drop(self) -> None:
        peer, self._peer = self._peer, None
        self._watch, self.line = None, _NO_LINE
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None
        self._owner.disconnected()
        if peer is not None:
            self._tasks.spawn(peer.close())

    async def close(self) -> None:
        """Let the last messages leave, then end whatever is there."""
        if self._loading is not None:
            await self._loading
        await self._flush()
        self._drop()
        self._progress.peer_state("closed")
        await self._tasks.join()

    async def _flush(self) -> None:
        for _ in range(round(_FLUSH_S / _FLUSH_STEP_S)):
            if not self.channels.unsent_bytes:
                return
            await asyncio.sleep(_FLUSH_STEP_S)
