"""Holds the session's call: opens it, keeps its secret for a restart, and writes its cuts into the report."""

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Protocol
from uuid import UUID

from kiosk.call.call import Call, CallState
from kiosk.events import CallChanged, CallPhase, Event, Notice, NoticeReason
from kiosk.hub import Hub
from kiosk.keeper import Keeper
from kiosk.session import IncidentKind
from kiosk.tasks import Tasks

_INCIDENTS = {
    CallPhase.RECONNECTING: IncidentKind.CALL_LOST,
    CallPhase.TAMPERED: IncidentKind.CALL_TAMPERED,
}


class Media(Protocol):
    """The two instruments that a physician may switch on and keep something of."""

    async def switch(self, what: str, on: bool) -> None: ...
    async def keep(self, what: str, site: str = "") -> None: ...


class CallDesk:
    """One call at a time. It is the Call's listener."""

    def __init__(
        self,
        keeper: Keeper,
        hub: Hub,
        emit: Callable[[Event], None],
        tasks: Tasks,
        make_call: Callable[["CallDesk"], Call],
    ) -> None:
        self._keeper = keeper
        self._hub = hub
        self._emit = emit
        self._tasks = tasks
        self._make_call = make_call
        self._call: Call | None = None
        self._shown = CallChanged(CallPhase.OFF)
        self.media: Media | None = None
        self.seen_ids: set[UUID] = set()

    async def open(self, saved: bytes | None = None) -> None:
        """Open the room and show the link; `saved` is the call of a session that a restart cut short."""
        call = self._make_call(self)
        self._call = call
        await call.open(saved)
        await self._keeper.save_call(call.saved())
        for reading in await self._keeper.readings():
            call.send_reading(reading, history=True)
        call.send_instruments(self._hub.instruments)
        self._hub.live = call

    async def close(self, reason: str = "closed") -> None:
        """The link is dead from here on."""
        call, self._call = self._call, None
        self._hub.live = None
        if call is not None:
            await call.close(reason)
        self._show(CallChanged(CallPhase.OFF))

    def set_muted(self, muted: bool) -> None:
        if self._call is not None:
            self._call.set_muted(muted)
            self._show(replace(self._shown, muted=muted))

    def set_media(self, otoscope: bool, stethoscope: bool) -> None:
        """Both screens show what is on."""
        if self._call is not None:
            self._call.set_media(otoscope, stethoscope)
        self._show(replace(self._shown, otoscope_on=otoscope, stethoscope_on=stethoscope))

    def call_changed(self, state: CallState) -> None:
        """A cut is an incident of the session; the first connection is the physician's arrival."""
        before = self._shown.phase
        self._show(
            replace(self._shown, phase=state.phase, link=state.link, words=state.words, line=state.line)
        )
        if state.phase is before:
            return
        if state.phase is CallPhase.CONNECTED:
            self._tasks.spawn(self._physician_arrived())
        if state.phase in _INCIDENTS:
            self._tasks.spawn(self._keeper.incident(_INCIDENTS[state.phase]))

    def physician_asked(self, what: str, on: bool) -> None:
        self._ask(lambda media: media.switch(what, on))

    def physician_keeps(self, what: str) -> None:
        self._ask(lambda media: media.keep(what))

    def seen(self, ids: tuple[UUID, ...]) -> None:
        self.seen_ids.update(ids)

    def link_refused(self) -> None:
        self._emit(Notice(NoticeReason.LINK_REFUSED))

    async def _physician_arrived(self) -> None:
        """The link is bound to this browser from now on, also after a restart."""
        if self._call is not None:
            await self._keeper.save_call(self._call.saved())
        await self._keeper.physician_joined()

    def _ask(self, what: Callable[[Media], Coroutine[Any, Any, None]]) -> None:
        if self.media is not None:
            self._tasks.spawn(what(self.media))

    def _show(self, shown: CallChanged) -> None:
        if shown != self._shown:
            self._shown = shown
            self._emit(shown)
