"""Holds the session's call: opens it, keeps its secret for a restart, and writes its cuts into the report."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Protocol
from uuid import UUID

from kiosk.call.call import Call, CallError, CallState
from kiosk.call.checks.figures import Udp
from kiosk.call.errors import CallReason
from kiosk.call.figures import CallFigures
from kiosk.events import CallChanged, CallPhase, Event, Notice, NoticeReason, SoundQuality
from kiosk.hub import Hub, StorageError
from kiosk.keeper import Keeper
from kiosk.session import IncidentKind, LineMinute, SessionError
from kiosk.tasks import Tasks

_logger = logging.getLogger(__name__)
_CUT = (CallPhase.RECONNECTING, CallPhase.SERVER_UNREACHABLE)


class Media(Protocol):
    """The two instruments that a physician may switch on and keep something of."""

    async def switch(self, what: str, on: bool) -> None: ...
    async def keep(self, what: str, site: str = "") -> None: ...
    async def stethoscope_live(self, live: bool) -> None: ...
    async def pointed(self) -> None: ...


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
        self._cut = False
        self._changing = asyncio.Lock()
        self.media: Media | None = None

    async def open(self, saved: bytes | None = None) -> None:
        """Open the room and show the link; `saved` is the call of a session that a restart cut short.

        Raises CallError when the call cannot even wait for somebody.
        """
        async with self._changing:
            await self._open(saved)

    async def renew(self) -> None:
        """The old link dies and a new one is shown. What is muted or switched on stays so."""
        async with self._changing:
            await self.keep_last_minute()
            await self._close()
            await self._open()

    async def close(self) -> None:
        """The link is dead from here on."""
        async with self._changing:
            await self._close()
            self._show(CallChanged(CallPhase.OFF))
            self._cut = False

    async def leave(self) -> None:
        """The program stops in the middle of a session: the link stays, as after a crash."""
        async with self._changing:
            call, self._call = self._call, None
            self._hub.live = None
            if call is not None:
                await call.leave()

    async def _open(self, saved: bytes | None = None) -> None:
        call = self._call = self._make_call(self)
        self._show(replace(self._shown, stethoscope_live=True))  # until this call finds otherwise
        call.set_muted(self._shown.muted)
        call.set_media(self._shown.otoscope_on, self._shown.stethoscope_on)
        try:
            await call.open(saved)
        except CallError:
            self._call = None
            raise
        await self._save(call)
        call.send_instruments(self._hub.board.own)
        self._hub.live = call  # before the history: a reading that is kept meanwhile is in one or the other
        for reading in await self._keeper.readings():
            call.send_reading(reading, history=True)

    async def _close(self) -> None:
        call, self._call = self._call, None
        self._hub.live = None
        if call is not None:
            await call.close()

    async def _save(self, call: Call) -> None:
        """Without room on the disk the call goes on; only a restart would cost the link."""
        try:
            await self._keeper.save_call(call.saved())
        except StorageError as error:
            self._emit(Notice(error.reason))

    def set_muted(self, muted: bool) -> None:
        if self._call is not None:
            self._call.set_muted(muted)
            self._show(replace(self._shown, muted=muted))

    def remove_guest(self) -> None:
        if self._call is not None:
            self._call.remove_guest()

    def set_media(self, otoscope: bool, stethoscope: bool) -> None:
        """Both screens show what is on."""
        if self._call is not None:
            self._call.set_media(otoscope, stethoscope)
        put_away = self._shown.stethoscope_on and not stethoscope
        point = "" if put_away else self._shown.point
        self._show(replace(self._shown, otoscope_on=otoscope, stethoscope_on=stethoscope, point=point))

    def set_sound(self, quality: SoundQuality) -> None:
        """The physician should know whether the helper has silence around."""
        if self._call is not None:
            self._call.set_sound(quality)

    def set_mirrored(self, mirrored: bool) -> None:
        """The helper should know that left and right of the otoscope's picture have changed places."""
        if mirrored != self._shown.otoscope_mirrored:
            self._show(replace(self._shown, otoscope_mirrored=mirrored))

    def call_changed(self, state: CallState) -> None:
        """A cut is an incident of the session; the first connection is the physician's arrival."""
        before = self._shown.phase
        self._show(
            replace(
                self._shown,
                phase=state.phase,
                link=state.link,
                words=state.words,
                line=state.line,
                picture_paused=state.picture_paused,
                physician_paused=state.physician_paused,
                guest=state.guest,
            )
        )
        if state.phase is before:
            return
        if state.phase is CallPhase.CONNECTED:
            self._tasks.spawn(self._physician_arrived())
        kind = self._incident(before, state.phase)
        if kind is not None:
            self._hub.incident(kind)
            self._tasks.spawn(self._hub.save())

    def _incident(self, before: CallPhase, phase: CallPhase) -> IncidentKind | None:
        """One cut is lost once and restored once, whatever the relay does meanwhile, by whichever link."""
        if phase is CallPhase.TAMPERED:
            return IncidentKind.CALL_TAMPERED
        if before is CallPhase.CONNECTED and phase in _CUT:
            self._cut = True
            return IncidentKind.CALL_LOST
        if phase is CallPhase.LEFT:
            self._cut = False  # who comes back later does not end a cut
        if self._cut and phase is CallPhase.CONNECTED:
            self._cut = False
            return IncidentKind.CALL_RESTORED
        return None

    def line_minute(self, minute: LineMinute) -> None:
        """The figures of one minute go into the record; a full disk loses them, not the call."""
        self._tasks.spawn(self._keep_minute(minute))

    async def keep_last_minute(self) -> None:
        """Before the record is closed: a call may be shorter than a minute."""
        minute = self._call.last_minute() if self._call is not None else None
        if minute is not None:
            await self._keep_minute(minute)

    async def _keep_minute(self, minute: LineMinute) -> None:
        try:
            await self._keeper.line_minute(minute)
        except (StorageError, SessionError) as error:
            _logger.warning("a minute of the line was not kept: %s", error)

    def physician_asked(self, what: str, on: bool) -> None:
        self._ask(lambda media: media.switch(what, on))

    def physician_keeps(self, what: str, site: str = "") -> None:
        self._ask(lambda media: media.keep(what, site))

    def physician_points(self, site: str) -> None:
        """The helper is asked to place the stethoscope there; "": that has been done."""
        self._show(replace(self._shown, point=site))
        if site:
            self._ask(lambda media: media.pointed())

    def stethoscope_live(self, live: bool) -> None:
        """Both screens say whether its sound goes out as it is heard, or recorded."""
        if live != self._shown.stethoscope_live:
            self._show(replace(self._shown, stethoscope_live=live))
            self._ask(lambda media: media.stethoscope_live(live))

    async def try_relay(self) -> Udp | None:
        """For the check before the call; None without a call or a relay."""
        return await self._call.try_relay() if self._call is not None else None

    def figures(self) -> CallFigures | None:
        """For the technician; None without a call."""
        return self._call.figures() if self._call is not None else None

    @property
    def point(self) -> str:
        """Where the physician would like the stethoscope; "" when nothing was asked."""
        return self._shown.point

    def set_recording(self, on: bool) -> None:
        self._show(replace(self._shown, recording=on))

    def seen(self, ids: tuple[UUID, ...]) -> None:
        """The physician has them on screen. Nothing here depends on it."""

    def link_refused(self) -> None:
        self._emit(Notice(NoticeReason.LINK_REFUSED))

    def offer_refused(self, reason: CallReason) -> None:
        blocked = reason is CallReason.NO_RELAY
        self._emit(Notice(NoticeReason.CALL_BLOCKED if blocked else NoticeReason.PAGE_NOT_UNDERSTOOD))

    async def _physician_arrived(self) -> None:
        """The link is bound to this browser from now on, also after a restart."""
        if self._call is not None:
            await self._save(self._call)
        try:
            await self._keeper.physician_joined()
        except StorageError as error:
            self._emit(Notice(error.reason))

    def _ask(self, what: Callable[[Media], Coroutine[Any, Any, None]]) -> None:
        if self.media is not None:
            self._tasks.spawn(what(self.media))

    def _show(self, shown: CallChanged) -> None:
        if shown != self._shown:
            self._shown = shown
            self._emit(shown)
