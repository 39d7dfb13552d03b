"""A reading fans out: stored first, then shown, then sent to the physician. Durable before visible.

What may be somebody else's is set aside until the helper decides.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from devices.reading import Kind, Quality, Reading, Waveform
from drivers.instrument import InstrumentState, InstrumentStatus
from kiosk import belonging, events
from kiosk.aside import Aside, notice_of
from kiosk.duplicates import Duplicates
from kiosk.faults import Faults
from kiosk.instrument_board import InstrumentBoard, Owner, OwnsThePlugged
from kiosk.session import IncidentKind, Session, SessionError

log = logging.getLogger(__name__)

SAVE_RETRY_S = 2.0

_INCIDENTS = {
    InstrumentState.LOST: IncidentKind.INSTRUMENT_LOST,
    InstrumentState.FAULTY: IncidentKind.INSTRUMENT_FAULTY,
}


class Record(Protocol):
    """What the hub needs of the session's keeper."""

    on_change: Callable[[Session | None], None] | None

    @property
    def session(self) -> Session | None: ...

    async def keep(self, reading: Reading) -> None:
        """Return once the reading is durable; raises StorageError when it cannot be."""
        ...

    async def set_aside(self, reading: Reading) -> None: ...

    async def attach(self, reading: Reading) -> None:
        """As `keep`, of a reading that was set aside."""
        ...

    async def discard(self, reading: Reading) -> None: ...

    async def incident(self, kind: IncidentKind, subject: str) -> None: ...


class StorageError(Exception):
    """The reading could not be made durable. Nothing was shown of it."""

    def __init__(self, reason: events.NoticeReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Live(Protocol):
    """The way to the physician's page."""

    def send_reading(self, reading: Reading, history: bool = False) -> None: ...
    def send_waveform(self, waveform: Waveform) -> None: ...
    def send_instruments(self, statuses: tuple[InstrumentStatus, ...]) -> None: ...


@dataclass(slots=True)
class HubCounts:
    """For the self-test and the demo's table."""

    kept: int = 0
    set_aside: int = 0
    duplicates: int = 0
    outside_session: int = 0


class Hub:
    """The drivers' Sink. `live` is None while nobody can look."""

    def __init__(
        self,
        record: Record,
        emit: Callable[[events.Event], None],
        expected: tuple[Kind, ...] = (),
        owner: Owner | None = None,
    ) -> None:
        """`expected`: kinds that the site owns, shown as absent until seen. `owner`: which units are its."""
        self._record = record
        self._emit = emit
        self._owner = owner or OwnsThePlugged()
        self.board = InstrumentBoard(expected, self._owner)
        self._listed = self.instruments
        self._faults = Faults()
        self._incidents: deque[tuple[IncidentKind, str]] = deque()
        self._aside = Aside(emit)
        self._set_aside: deque[Reading] = deque()  # not written yet
        self._known = Duplicates()
        self._ended_at: datetime | None = None
        self._unsaved: deque[Reading] = deque()
        self._saving = asyncio.Lock()
        self.live: Live | None = None
        self.counts = HubCounts()
        record.on_change = self._session_changed

    @property
    def instruments(self) -> tuple[InstrumentStatus, ...]:
        """The kiosk's own, and the Bluetooth units of others while they are in reach."""
        return self.board.all

    def has(self, kind: Kind) -> bool:
        """True when an instrument of this kind is plugged in or within reach."""
        return self.board.has(kind)

    def status(self, status: InstrumentStatus) -> None:
        """Keep the newest state of each instrument; losing one during a session is an incident, once."""
        before = self.board.put(status)
        if before == status:
            return
        self.tell_instruments()
        changed = before is None or before.state != status.state
        if changed and self.board.is_own(status) and self._faults.is_new(status, self._record.session):
            self.incident(_INCIDENTS[status.state], status.name)

    def tell_instruments(self) -> None:
        """One has changed, or has become the kiosk's own."""
        self._listed = self.instruments
        self._emit(events.InstrumentsChanged(self._listed))
        if self.live is not None:
            self.live.send_instruments(self.board.own)

    def incident(self, kind: IncidentKind, subject: str = "") -> None:
        """Goes into the session's report with the next `save`; without a session it belongs to nobody."""
        self._incidents.append((kind, subject))

    async def reading(self, reading: Reading) -> None:
        """Store, then show, then send. Returns once durable (or set aside, or nobody's)."""
        if self._known.seen(reading):
            log.info("a %s from %s came again", reading.kind.value, reading.identity.device)
            self.counts.duplicates += 1
            if Quality.RECORDING in reading.quality:
                self._emit(events.Notice(events.NoticeReason.RECORDING_KNOWN))
            return
        session = self._record.session
        doubts = self._doubts(reading, session)
        if self.board.note_result(reading):
            self.tell_instruments()
        if not doubts:
            self._known.remember(reading)
            self._unsaved.append(reading)
            await self.save()
        elif belonging.may_wait(reading, session):
            await self._put_aside(replace(reading, quality=reading.quality | doubts))
        else:
            self.counts.outside_session += 1

    def _doubts(self, reading: Reading, session: Session | None) -> frozenset[Quality]:
        """Why it may be somebody else's: of another time, or of another's instrument."""
        time = belonging.doubt(reading, session, _now())
        unit = None if self._owner.knows(reading.identity) else Quality.UNKNOWN_UNIT
        return frozenset(doubt for doubt in (time, unit) if doubt is not None)

    async def _put_aside(self, reading: Reading) -> None:
        """Outside a consultation it waits in memory alone: nobody has agreed to anything yet."""
        if Quality.UNKNOWN_UNIT in reading.quality and self._aside.is_old_question(reading):
            return
        self._known.remember(reading)
        self.counts.set_aside += 1
        if belonging.is_of_earlier_patient(reading, self._ended_at):
            self._aside.count()
        else:
            self._offer(reading)
        if self._aside.shown:
            self._set_aside.append(reading)
            await self.save()

    def _offer(self, reading: Reading) -> None:
        self._aside.add(reading, belonging.age(reading, _now()))
        if self._aside.shown:
            self._emit(events.Notice(notice_of(reading), reading.kind.value))

    async def attach(self, reading_id: UUID) -> None:
        """The helper says that it is this patient's: durable, then shown and sent, with a mark that says so.

        Raises StorageError, and SessionError when it is not set aside (any more).
        """
        async with self._saving:
            await self._save_all()
            reading = self._aside.find(reading_id)
            if reading is None:
                raise SessionError("no such reading is set aside")
            attached = replace(reading, quality=reading.quality | {Quality.ATTACHED_BY_HELPER})
            await self._record.attach(attached)
            self._aside.remove(reading_id)
            self._show(attached)

    async def discard(self, reading_id: UUID) -> None:
        """The helper says that it is not this patient's. Raises StorageError."""
        async with self._saving:
            await self._save_all()
            reading = self._aside.find(reading_id)
            if reading is not None:
                await self._record.discard(reading)
                self._aside.remove(reading_id)
                self._forget_recordings(reading)

    def remember(self, reading: Reading) -> None:
        """It was kept before a restart: the same act is not to come again from a memory."""
        self._known.remember(reading)

    def forget_due(self) -> None:
        """Call it now and then: what has waited too long for a consultation is forgotten."""
        if not self._aside.shown:
            for reading in self._aside.forget_due():
                self._known.forget(reading)

    def _forget_recordings(self, *readings: Reading) -> None:
        """What nobody attached may be asked for again."""
        for reading in readings:
            if Quality.RECORDING in reading.quality:
                self._known.forget(reading)

    def _session_changed(self, session: Session | None) -> None:
        if belonging.is_over(session):
            self._ended_at = _now()
            self._forget_recordings(*self._aside.readings)
            self._aside.clear()
        elif belonging.is_consulting(session) and not self._aside.shown:
            self.forget_due()
            self._set_aside.extend(self._aside.readings)
            self._aside.show()

    async def save(self) -> None:
        """As `flush`, but a refusal of the disk is told to the helper instead of raised."""
        try:
            await self.flush()
        except StorageError as error:
            self._emit(events.Notice(error.reason))

    async def keep_saving(self) -> None:
        """Until cancelled: what the disk refused is tried again, and what waited too long is forgotten."""
        while True:
            await asyncio.sleep(SAVE_RETRY_S)
            self.forget_due()
            if self.instruments != self._listed:  # a stranger's has not been heard of for long
                self.tell_instruments()
            with suppress(StorageError):  # the helper was told when it was refused first
                await self.flush()

    async def flush(self) -> None:
        """Make what waits durable, in order, and show each once it is.

        Raises StorageError: what the disk refused waits here for the next time.
        """
        async with self._saving:
            try:
                await self._save_all()
            except SessionError:
                log.warning("a reading came after the consultation ended: it belongs to nobody")
                self.counts.outside_session += len(self._unsaved)
                self._unsaved.clear()
                self._set_aside.clear()

    async def _save_all(self) -> None:
        while self._unsaved:
            await self._record.keep(self._unsaved[0])
            self._show(self._unsaved.popleft())
        while self._set_aside:
            await self._record.set_aside(self._set_aside[0])
            self._set_aside.popleft()
        while self._incidents:
            await self._record.incident(*self._incidents[0])
            self._incidents.popleft()

    def _show(self, reading: Reading) -> None:
        log.info("kept %s %s from %s", reading.kind.value, reading.id, reading.identity.device)
        self.counts.kept += 1
        self._aside.goes_on(reading)
        self._emit(events.ReadingShown(reading))
        if self.live is not None:
            self.live.send_reading(reading)

    def waveform(self, waveform: Waveform) -> None:
        if not belonging.is_consulting(self._record.session) or not self._owner.knows(waveform.identity):
            return
        self._emit(events.WaveformShown(waveform))
        if self.live is not None:
            self.live.send_waveform(waveform)


def _now() -> datetime:
    return datetime.now().astimezone()
