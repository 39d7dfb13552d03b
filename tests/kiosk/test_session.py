"""The reducer: every phase allows what belongs to it and nothing else."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.reading import Kind
from kiosk.session import (
    SET_ASIDE_NAMED,
    Abandoned,
    Closed,
    Consent,
    ConsentAnswered,
    Decision,
    Ended,
    Event,
    Identified,
    Incident,
    IncidentHappened,
    IncidentKind,
    Outcome,
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
    Sex,
    reduce,
)

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PATIENT = Patient(uuid4(), "TEST-KIOSQUE", "Dominique", date(1969, 5, 14), Sex.FEMALE)


def opened() -> Session:
    return Session(uuid4(), "S-20261122-1", SessionKind.TELECONSULTATION, AT)


def consent(given_: bool) -> ConsentAnswered:
    return ConsentAnswered(Consent("v1", "fr", "texte", given_, AT))


def consulting() -> Session:
    return reduce(reduce(opened(), Identified(PATIENT)), consent(True))


def test_the_whole_path() -> None:
    session = consulting()
    assert session.phase is Phase.CONSULTATION
    reading = uuid4()
    session = reduce(session, PhysicianJoined(AT))
    session = reduce(session, ReadingKept(reading, Kind.CUFF))
    session = reduce(session, Ended(AT))
    assert (session.phase, session.outcome, session.readings) == (
        Phase.CLOSING,
        Outcome.COMPLETED,
        (reading,),
    )
    assert session.used == {Kind.CUFF}
    assert reduce(session, Closed()).phase is Phase.CLOSED


def test_a_refusal_closes_the_session() -> None:
    session = reduce(reduce(opened(), Identified(PATIENT)), consent(False))
    assert (session.phase, session.outcome) == (Phase.CLOSED, Outcome.REFUSED)


def test_the_record_is_complete_without_a_physician() -> None:
    session = reduce(reduce(consulting(), ReadingKept(uuid4(), Kind.OXIMETER)), Ended(AT))
    assert session.physician_joined_at is None
    assert session.outcome is Outcome.COMPLETED


def test_the_same_reading_counts_once() -> None:
    kept = ReadingKept(uuid4(), Kind.CUFF)
    assert len(reduce(reduce(consulting(), kept), kept).readings) == 1


def test_the_first_arrival_of_the_physician_stays() -> None:
    later = AT.replace(hour=10)
    session = reduce(reduce(consulting(), PhysicianJoined(AT)), PhysicianJoined(later))
    assert session.physician_joined_at == AT


def test_nothing_is_measured_before_consent() -> None:
    with pytest.raises(SessionError):
        reduce(opened(), ReadingKept(uuid4(), Kind.CUFF))


ASIDE = uuid4()


def test_what_the_helper_attaches_is_a_reading_of_the_session_and_the_decision_stays() -> None:
    session = reduce(reduce(consulting(), ReadingSetAside(ASIDE)), ReadingAttached(ASIDE, Kind.CUFF, AT))
    assert (session.readings, session.set_aside) == ((ASIDE,), ())
    assert session.used == {Kind.CUFF}
    assert session.decisions == (Decision(ASIDE, True, AT),)


def test_what_the_helper_discards_stays_aside() -> None:
    session = reduce(reduce(consulting(), ReadingSetAside(ASIDE)), ReadingDiscarded(ASIDE, AT))
    assert (session.readings, session.set_aside, session.used) == ((), (ASIDE,), frozenset())
    assert session.decisions == (Decision(ASIDE, False, AT),)


def test_a_memory_of_thousands_is_counted_and_not_listed() -> None:
    session = consulting()
    for _ in range(SET_ASIDE_NAMED + 20):
        session = reduce(session, ReadingSetAside(uuid4()))
    assert (len(session.set_aside), session.set_aside_more) == (SET_ASIDE_NAMED, 20)


EVENTS: list[Event] = [
    Identified(PATIENT),
    consent(True),
    consent(False),
    ReadingKept(uuid4(), Kind.CUFF),
    ReadingSetAside(ASIDE),
    ReadingAttached(ASIDE, Kind.CUFF, AT),
    ReadingDiscarded(ASIDE, AT),
    IncidentHappened(Incident(IncidentKind.CALL_LOST, AT)),
    PhysicianJoined(AT),
    Ended(AT),
    Closed(),
    Abandoned(AT),
]


@given(st.lists(st.sampled_from(EVENTS), max_size=12))
def test_any_order_of_events_keeps_the_rules(events: list[Event]) -> None:
    session = opened()
    for event in events:
        try:
            session = reduce(session, event)
        except SessionError:
            continue
    if session.readings or session.set_aside:
        assert session.consent is not None and session.consent.given
    if session.phase is Phase.CLOSED:
        assert session.closed_at is not None and session.outcome is not None
