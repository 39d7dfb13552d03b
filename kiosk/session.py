"""A session as a pure reducer: `reduce(session, event) -> session`. No clock, no I/O, no call assumed."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from devices.reading import Kind

SET_ASIDE_NAMED = 100


class SessionKind(StrEnum):
    """Only the first is offered today; the others run on the same reducer."""

    TELECONSULTATION = "teleconsultation"
    MEASUREMENT_VISIT = "measurement_visit"


class Phase(StrEnum):
    IDENTITY = "identity"
    CONSENT = "consent"
    CONSULTATION = "consultation"
    CLOSING = "closing"
    CLOSED = "closed"


class Outcome(StrEnum):
    COMPLETED = "completed"
    REFUSED = "refused"
    ABANDONED = "abandoned"


class Sex(StrEnum):
    """FHIR administrative gender."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Patient:
    """Who is received. `ins` is a test identity or empty; it is never sent without a qualified identity."""

    id: UUID
    family: str
    given: str
    birth_date: date
    sex: Sex
    ins: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """What was agreed to: the version of the text that was shown, its language, and the answer."""

    text_version: str
    language: str
    text: str
    given: bool
    at: datetime


class IncidentKind(StrEnum):
    """Technical incidents that article R6316-4 of the Code de la santé publique wants in the report."""

    CALL_LOST = "call_lost"
    CALL_RESTORED = "call_restored"
    CALL_TAMPERED = "call_tampered"
    INSTRUMENT_LOST = "instrument_lost"
    INSTRUMENT_FAULTY = "instrument_faulty"
    KIOSK_RESTARTED = "kiosk_restarted"
    STORAGE_FULL = "storage_full"


@dataclass(frozen=True, slots=True)
class Incident:
    """One technical incident; `subject` names the instrument or part, never a person."""

    kind: IncidentKind
    at: datetime
    subject: str = ""


@dataclass(frozen=True, slots=True)
class LineMinute:
    """One minute of the call's line, from `at` on: figures of the network, nothing of the patient.

    None: not measured. `lost_per_mille`: of what the kiosk sent. `concealed_per_mille`: of the physician's
    voice, how much had to be made up. `cut_s`: how long there was no connection.
    """

    at: datetime
    rtt_ms: int | None
    lost_per_mille: int | None
    sent_kbps: int
    received_kbps: int
    concealed_per_mille: int | None
    cut_s: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What the helper said of a reading that was set aside: this patient's, or not. Nobody else can."""

    reading: UUID
    attached: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """One session from reception to closing. Immutable: every event gives a new one.

    `set_aside`: the last `SET_ASIDE_NAMED` that were and stayed so; `set_aside_more`: how many before them.
    """

    id: UUID
    number: str
    kind: SessionKind
    opened_at: datetime
    phase: Phase = Phase.IDENTITY
    patient: Patient | None = None
    consent: Consent | None = None
    readings: tuple[UUID, ...] = ()
    set_aside: tuple[UUID, ...] = ()
    used: frozenset[Kind] = frozenset()
    incidents: tuple[Incident, ...] = ()
    line: tuple[LineMinute, ...] = ()
    physician_joined_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: Outcome | None = None
    set_aside_more: int = 0
    decisions: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class Identified:
    patient: Patient


@dataclass(frozen=True, slots=True)
class ConsentAnswered:
    consent: Consent


@dataclass(frozen=True, slots=True)
class ReadingKept:
    id: UUID
    kind: Kind


@dataclass(frozen=True, slots=True)
class ReadingSetAside:
    """Measured before the consultation began, or nobody knows when: it may belong to somebody else."""

    id: UUID


@dataclass(frozen=True, slots=True)
class ReadingAttached:
    """The helper says that what was set aside is this patient's."""

    id: UUID
    kind: Kind
    at: datetime


@dataclass(frozen=True, slots=True)
class ReadingDiscarded:
    """The helper says that what was set aside is not this patient's."""

    id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class IncidentHappened:
    incident: Incident


@dataclass(frozen=True, slots=True)
class LineMeasured:
    minute: LineMinute


@dataclass(frozen=True, slots=True)
class PhysicianJoined:
    at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """The helper ends the consultation: nothing more is measured."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Closed:
    """The summary was seen: the session leaves the screen."""


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Left before consent, or not resumed after a restart."""

    at: datetime


Event = (
    Identified | ConsentAnswered | ReadingKept | ReadingSetAside | ReadingAttached | ReadingDiscarded
    | IncidentHappened | LineMeasured | PhysicianJoined | Ended | Closed | Abandoned
)  # fmt: skip


class SessionError(Exception):
    """An event that has no place in the session's phase: a fault of the program, never of the helper."""


_PHASES: dict[type, tuple[Phase, ...]] = {
    Identified: (Phase.IDENTITY, Phase.CONSENT),
    ConsentAnswered: (Phase.CONSENT,),
    ReadingKept: (Phase.CONSULTATION,),
    ReadingSetAside: (Phase.CONSULTATION,),
    ReadingAttached: (Phase.CONSULTATION,),
    ReadingDiscarded: (Phase.CONSULTATION,),
    IncidentHappened: (Phase.CONSULTATION, Phase.CLOSING),
    LineMeasured: (Phase.CONSULTATION,),
    PhysicianJoined: (Phase.CONSULTATION,),
    Ended: (Phase.CONSULTATION,),
    Closed: (Phase.CLOSING,),
    Abandoned: (Phase.IDENTITY, Phase.CONSENT, Phase.CONSULTATION),
}


def reduce(session: Session, event: Event) -> Session:
    """Apply one event. Raises SessionError when the phase does not allow it."""
    if session.phase not in _PHASES[type(event)]:
        raise SessionError(f"{type(event).__name__} in phase {session.phase}")
    match event:
        case Identified(patient):
            return replace(session, patient=patient, phase=Phase.CONSENT)
        case ConsentAnswered(consent):
            return _consent(session, consent)
        case ReadingKept(id_, kind):
            return _kept(session, id_, kind)
        case ReadingSetAside(id_):
            return _set_aside(session, id_)
        case ReadingAttached(id_, kind, at):
            left = tuple(each for each in session.set_aside if each != id_)
            decided = (*session.decisions, Decision(id_, True, at))
            return replace(_kept(session, id_, kind), set_aside=left, decisions=decided)
        case ReadingDiscarded(id_, at):
            return replace(session, decisions=(*session.decisions, Decision(id_, False, at)))
        case IncidentHappened(incident):
            return replace(session, incidents=(*session.incidents, incident))
        case LineMeasured(minute):
            return replace(session, line=(*session.line, minute))
        case PhysicianJoined(at):
            return replace(session, physician_joined_at=session.physician_joined_at or at)
        case Ended(at):
            return replace(session, phase=Phase.CLOSING, closed_at=at, outcome=Outcome.COMPLETED)
        case Closed():
            return replace(session, phase=Phase.CLOSED)
        case Abandoned(at):
            return replace(session, phase=Phase.CLOSED, closed_at=at, outcome=Outcome.ABANDONED)


def _kept(session: Session, id_: UUID, kind: Kind) -> Session:
    if id_ in session.readings:
        return session
    return replace(session, readings=(*session.readings, id_), used=session.used | {kind})


def _set_aside(session: Session, id_: UUID) -> Session:
    """A memory of thousands is counted, not listed: the session is written with every change."""
    ids = (*session.set_aside, id_)
    more = max(0, len(ids) - SET_ASIDE_NAMED)
    return replace(session, set_aside=ids[more:], set_aside_more=session.set_aside_more + more)


def _consent(session: Session, consent: Consent) -> Session:
    if consent.given:
        return replace(session, consent=consent, phase=Phase.CONSULTATION)
    return replace(
        session, consent=consent, phase=Phase.CLOSED, closed_at=consent.at, outcome=Outcome.REFUSED
    )
