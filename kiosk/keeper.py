"""Keeps the session: every change goes through the reducer, and to disk with the records it causes."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from uuid import UUID, uuid4

from devices.reading import Reading
from kiosk import record
from kiosk.audit import of_session
from kiosk.events import Event, NoticeReason, ReadingShown, SessionChanged
from kiosk.hub import StorageError
from kiosk.reserve import Reserve
from kiosk.session import (
    Abandoned,
    Closed,
    Consent,
    ConsentAnswered,
    Ended,
    Identified,
    Incident,
    IncidentHappened,
    IncidentKind,
    LineMeasured,
    LineMinute,
    Patient,
    Phase,
    PhysicianJoined,
    ReadingAttached,
    ReadingDiscarded,
    ReadingKept,
    ReadingSetAside,
    Session,
    SessionError,
    SessionKind,
    reduce,
)
from kiosk.session import Event as SessionEvent
from offline_queue.audit.event import NewEvent
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.outbox import Lane, NewItem, Outbox

log = logging.getLogger(__name__)

_SESSION = "session"
_CALL = "call"
_NO_STATE: Mapping[str, bytes | None] = {}
_PLACES_TRIED = 5
"""Where a session lies in the store follows from its id: beside a page that is damaged, or far from it."""
_DURABLE = (Phase.CONSULTATION, Phase.CLOSING)


def now() -> datetime:
    """The kiosk's clock, with its zone."""
    return datetime.now().astimezone()


_Written = tuple[tuple[NewItem, ...], Mapping[str, bytes | None]]
_Write = Callable[[Session], Awaitable[_Written]]


async def _nothing(_session: Session) -> _Written:
    return (), {}


class Keeper:
    """The one session on this kiosk. Nothing about a patient touches the disk before consent is given.

    What writes raises StorageError when the disk refuses, and SessionError when there is no session for it.
    """

    def __init__(
        self,
        outbox: Outbox,
        site: record.SiteInfo,
        emit: Callable[[Event], None],
        reserve: Reserve | None = None,
    ) -> None:
        """`reserve`: for the session; without one a full disk refuses its readings too."""
        self._outbox = outbox
        self._site = site
        self._emit = emit
        self._reserve = reserve
        self._releasing, self._releases = asyncio.Lock(), 0
        self._session: Session | None = None
        self._changing = asyncio.Lock()
        self.on_change: Callable[[Session | None], None] | None = None

    @property
    def session(self) -> Session | None:
        return self._session

    async def has_room(self) -> bool:
        """Whether the disk has room for a consultation: asked before somebody is received."""
        return self._reserve is None or await asyncio.to_thread(self._reserve.hold)

    async def place(self) -> UUID | None:
        """The id of a session that the store can keep; None: the disk has damaged it too much for that."""
        for _ in range(_PLACES_TRIED):
            session_id = uuid4()
            if await self._outbox.has_place(str(session_id)):
                return session_id
        return None

    def begin(self, kind: SessionKind = SessionKind.TELECONSULTATION, session_id: UUID | None = None) -> None:
        """`session_id`: from `place`."""
        opened_at = now()
        session_id = session_id or uuid4()
        number = f"S-{opened_at:%Y%m%d}-{session_id.hex[:8]}"
        self._set(Session(id=session_id, number=number, kind=kind, opened_at=opened_at))

    def identify(self, patient: Patient) -> None:
        self._set(reduce(self._open(), Identified(patient)))

    async def answer_consent(self, consent: Consent) -> None:
        """A refusal ends the session: nothing is stored, nothing is sent."""
        if not consent.given:
            self._set(reduce(self._open(), ConsentAnswered(consent)))
            return
        await self._commit(ConsentAnswered(consent), self._opening)

    async def keep(self, reading: Reading) -> None:
        """Durable on return, with its payload for delivery and for showing it again after a restart."""
        kept = ReadingKept(reading.id, reading.kind)
        await self._commit(kept, lambda s: self._reading(s, reading), quiet=True)

    async def set_aside(self, reading: Reading) -> None:
        await self._commit(ReadingSetAside(reading.id), quiet=True)

    async def attach(self, reading: Reading) -> None:
        """As `keep`, of what was set aside; that the helper decided so goes into the session with it."""
        attached = ReadingAttached(reading.id, reading.kind, now())
        await self._commit(attached, lambda s: self._reading(s, reading), quiet=True)

    async def discard(self, reading: Reading) -> None:
        """The helper says that it is not this patient's: nothing of it is written but that."""
        await self._commit(ReadingDiscarded(reading.id, now()), quiet=True)

    async def incident(self, kind: IncidentKind, subject: str = "") -> None:
        if self._session is not None and self._session.phase in _DURABLE:
            await self._commit(IncidentHappened(Incident(kind, now(), subject)), quiet=True)

    async def line_minute(self, minute: LineMinute) -> None:
        if self._session is not None and self._session.phase is Phase.CONSULTATION:
            await self._commit(LineMeasured(minute), quiet=True)

    async def physician_joined(self) -> None:
        if self._session is not None and self._session.phase is Phase.CONSULTATION:
            await self._commit(PhysicianJoined(now()), quiet=True)

    async def end(self) -> None:
        """The consultation is over: the closing record waits for delivery from now on."""
        await self._commit(Ended(now()), self._closing)

    async def abandon(self) -> None:
        """Leave a session: before consent there is no trace, after it the record says so."""
        session = reduce(self._open(), Abandoned(now()))
        if session.consent is not None and session.consent.given:
            await self._commit(Abandoned(now()), self._leaving)
        self._set(None)

    async def finish(self) -> None:
        """The screen goes back to welcome, and this kiosk forgets the session's readings."""
        async with self._changing:  # what is still being written would bring the session back
            if self._open().phase is not Phase.CLOSED:
                await self._put(state=_forgotten(reduce(self._open(), Closed())))
            self._session = None
        self._tell()

    async def interrupted(self) -> Session | None:
        """The session that a crash or a power cut left open, if there is one."""
        data = await self._outbox.get_state(_SESSION)
        return record.decode_session(data) if data else None

    async def resume(self, session: Session) -> tuple[Reading, ...]:
        """Take an interrupted session up again, with its readings; the restart goes into its report."""
        self._session = session
        try:
            await self.incident(IncidentKind.KIOSK_RESTARTED)
        except StorageError:
            self._session = None
            raise
        readings = await self._readings(session)
        self._tell()
        for reading in readings:
            self._emit(ReadingShown(reading))
        return readings

    async def readings(self) -> tuple[Reading, ...]:
        """All readings of the session on screen, in the order they were taken."""
        return await self._readings(self._session) if self._session is not None else ()

    async def save_call(self, secret: bytes) -> None:
        """The call's secret survives a restart, so that the physician's link does too."""
        await self._put(state={_CALL: secret})

    async def saved_call(self) -> bytes | None:
        return await self._outbox.get_state(_CALL)

    async def _readings(self, session: Session) -> tuple[Reading, ...]:
        blobs = [await self._outbox.get_state(_reading_key(i)) for i in session.readings]
        return tuple(record.decode_reading_payload(b).reading for b in blobs if b is not None)

    async def _commit(self, event: SessionEvent, write: _Write = _nothing, quiet: bool = False) -> None:
        """Reduce, store the snapshot with what `write` adds in one transaction, and only then believe it.

        `quiet`: the screens learn of it by an event of its own.
        """
        async with self._changing:
            session = reduce(self._open(), event)
            items, state = await write(session)
            snapshot = {_SESSION: record.encode_session(session)}
            await self._put(items, {**snapshot, **state}, of_session(session, event))
            self._session = session
        if not quiet:
            self._tell()

    async def _put(
        self,
        items: tuple[NewItem, ...] = (),
        state: Mapping[str, bytes | None] = _NO_STATE,
        events: tuple[NewEvent, ...] = (),
    ) -> None:
        before = self._releases
        try:
            await self._outbox.put(items, state, events)
        except OutboxError as error:
            log.error("outbox refused: %s", error)
            if not await self._has_more_room(error, before):
                raise StorageError(_notice(error)) from error
            await self._put(items, state, events)

    async def _has_more_room(self, error: OutboxError, releases_before: int) -> bool:
        """Since the refused put began, by this call or by another one's."""
        if error.reason is not OutboxReason.DISK_FULL or self._reserve is None:
            return False
        async with self._releasing:
            if self._releases == releases_before and await asyncio.to_thread(self._reserve.release):
                self._releases += 1
        return self._releases != releases_before

    async def _opening(self, session: Session) -> _Written:
        stream = str(session.id)
        site = NewItem(f"{stream}-site", stream, "site", record.site_payload(self._site))
        return (site, NewItem(f"{stream}-open", stream, "open", record.open_payload(self._site, session))), {}

    async def _reading(self, session: Session, reading: Reading) -> _Written:
        payload = record.reading_payload(self._site, session, reading)
        lane = Lane.BULKY if reading.attachment else Lane.QUICK  # no value waits for a sound
        item = NewItem(str(reading.id), str(session.id), "reading", payload, lane)
        return (item,), {_reading_key(reading.id): payload}

    async def _closing(self, session: Session) -> _Written:
        stream = str(session.id)
        payload = record.close_payload(self._site, session, await self._readings(session))
        return (NewItem(f"{stream}-close", stream, "close", payload),), {}

    async def _leaving(self, session: Session) -> _Written:
        """Close the record and forget the session in one step: a crash in between would offer it again."""
        items, _ = await self._closing(session)
        return items, _forgotten(session)

    def _open(self) -> Session:
        if self._session is None:
            raise SessionError("no session is open")
        return self._session

    def _set(self, session: Session | None) -> None:
        self._session = session
        self._tell()

    def _tell(self) -> None:
        """The screens first: what follows from it comes after it."""
        self._emit(SessionChanged(self._session))
        if self.on_change is not None:
            self.on_change(self._session)


def _notice(error: OutboxError) -> NoticeReason:
    full = error.reason is OutboxReason.DISK_FULL
    return NoticeReason.STORAGE_FULL if full else NoticeReason.STORAGE_BROKEN


def _forgotten(session: Session) -> Mapping[str, None]:
    return dict.fromkeys([_SESSION, _CALL, *map(_reading_key, session.readings)])


def _reading_key(reading_id: object) -> str:
    return f"reading/{reading_id}"
