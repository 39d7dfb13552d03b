"""A reading fans out: stored first, then shown, then sent to the physician. Durable before visible."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from devices.reading import Clock, Kind, Reading, Waveform
from drivers.instrument import InstrumentState, InstrumentStatus, Reason
from kiosk import events
from kiosk.session import IncidentKind, Phase, Session, SessionError

log = logging.getLogger(__name__)

_AHEAD = timedelta(seconds=30)  # of our own clock; a device that is further ahead does not know the time
_GONE = (InstrumentState.ABSENT, InstrumentState.LOST)
_NO_BLUETOOTH = (Reason.BLUETOOTH_OFF, Reason.BLUETOOTH_MISSING)
_INCIDENTS = {
    InstrumentState.LOST: IncidentKind.INSTRUMENT_LOST,
    InstrumentState.FAULTY: IncidentKind.INSTRUMENT_FAULTY,
}


class Record(Protocol):
    """What the hub needs of the session's keeper."""

    @property
    def session(self) -> Session | None: ...

    async def keep(self, reading: Reading) -> None:
        """Return once the reading is durable; raises StorageError when it cannot be."""
        ...

    async def set_aside(self, reading: Reading) -> None: ...

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
    outside_session: int = 0


class Hub:
    """The drivers' Sink. `live` is None while nobody can look."""

    def __init__(
        self, record: Record, emit: Callable[[events.Event], None], expected: tuple[Kind, ...] = ()
    ) -> None:
        """`expected`: what the site owns; shown as absent until it is seen."""
        self._record = record
        self._emit = emit
        self._expected = expected
        self._instruments: dict[str, InstrumentStatus] = {}
        self._incidents: deque[tuple[IncidentKind, str]] = deque()
        self._set_aside: deque[Reading] = deque()
        self._unsaved: deque[Reading] = deque()
        self._saving = asyncio.Lock()
        self.live: Live | None = None
        self.counts = HubCounts()

    @property
    def instruments(self) -> tuple[InstrumentStatus, ...]:
        there = [s for s in self._instruments.values() if s.state is not InstrumentState.ABSENT]
        shown = [s for s in there if self._is_owned(s)]
        seen = {kind for status in shown for kind in status.kinds}
        shown += [_not_seen(kind) for kind in self._expected if kind not in seen]
        return tuple(sorted(shown, key=lambda s: (list(Kind).index(s.kind), s.id)))

    def _is_owned(self, status: InstrumentStatus) -> bool:
        """Without Bluetooth every kind is told to fail: of what nobody has seen, the site's own counts."""
        unseen = status.reason in _NO_BLUETOOTH and status.identity is None
        return not unseen or not self._expected or status.kind in self._expected

    def has(self, kind: Kind) -> bool:
        """True when an instrument of this kind is plugged in or within reach."""
        return any(kind in s.kinds and s.state not in _GONE for s in self._instruments.values())

    def status(self, status: InstrumentStatus) -> None:
        """Keep the newest state of each instrument; losing one during a session is an incident."""
        before = self._instruments.get(status.id)
        if before == status:
            return
        self._instruments[status.id] = status
        self._emit(events.InstrumentsChanged(self.instruments))
        if self.live is not None:
            self.live.send_instruments(self.instruments)
        kind = _INCIDENTS.get(status.state)
        if kind is not None and self._is_owned(status) and (before is None or before.state != status.state):
            self.incident(kind, status.name)

    def incident(self, kind: IncidentKind, subject: str = "") -> None:
        """Goes into the session's report with the next `save`; without a session it belongs to nobody."""
        self._incidents.append((kind, subject))

    async def reading(self, reading: Reading) -> None:
        """Store, then show, then send. Returns once durable (or set aside, or nobody's)."""
        session = self._record.session
        if session is None or session.phase is not Phase.CONSULTATION:
            self.counts.outside_session += 1
            return
        if _may_be_anothers(reading, session.opened_at):
            self.counts.set_aside += 1
            self._emit(events.ReadingWasSetAside(reading))
            self._emit(events.Notice(events.NoticeReason.OLD_READING_SET_ASIDE, reading.kind.value))
            self._set_aside.append(reading)
            await self.save()
            return
        self._unsaved.append(reading)
        await self.save()

    async def save(self) -> None:
        """As `flush`, but a refusal of the disk is told to the helper instead of raised."""
        try:
            await self.flush()
        except StorageError as error:
            self._emit(events.Notice(error.reason))

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
        self._emit(events.ReadingShown(reading))
        if self.live is not None:
            self.live.send_reading(reading)

    def waveform(self, waveform: Waveform) -> None:
        session = self._record.session
        if session is None or session.phase is not Phase.CONSULTATION:
            return
        self._emit(events.WaveformShown(waveform))
        if self.live is not None:
            self.live.send_waveform(waveform)


def _not_seen(kind: Kind) -> InstrumentStatus:
    return InstrumentStatus(f"expected:{kind.value}", kind, "", InstrumentState.ABSENT)


def _may_be_anothers(reading: Reading, opened_at: datetime) -> bool:
    """True when it was measured before this session began, or when nobody can say when it was.

    Our own clock stamps what arrives: that is live, also when the clock was set back since the session began.
    A device's clock that runs ahead would date an old memory into this session. Device clocks count whole
    seconds, so the session's first second is compared without its fraction.
    """
    if reading.clock is Clock.KIOSK:
        return False
    latest = datetime.now().astimezone() + _AHEAD
    return not opened_at.replace(microsecond=0) <= reading.taken_at <= latest
