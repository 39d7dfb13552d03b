"""What the audit chain is told of a session, of who enters, and of what was changed on this kiosk.

Ids without meaning only: sessions, readings, settings by their names. Never who the patient is, nor a value.
"""

import dataclasses
import hashlib
from collections.abc import Mapping
from enum import StrEnum

from kiosk import session as happened
from kiosk.config import Config
from kiosk.selftest.report import Report
from kiosk.session import Session
from kiosk.version import VERSION
from offline_queue.audit.event import NewEvent


class Told(StrEnum):
    """The kinds of event; the outbox itself tells `delivered`, `refused`, `outbox_retried`, `key_rotated`,
    `store_rebuilt` and `checkpoint`."""

    KIOSK_STARTED = "kiosk_started"
    STORE_MENDED = "store_mended"
    SENTINEL_GONE = "sentinel_gone"
    SETTING_CHANGED = "setting_changed"
    KEY_CHANGED = "key_changed"
    UNIT_CHANGED = "unit_changed"
    PIN_TRIED = "pin_tried"
    """Written before it is known whether it was right: the next one follows then."""
    TECHNICIAN_ENTERED = "technician_entered"
    SELF_TEST = "self_test"
    SESSION_OPENED = "session_opened"
    CONSENT_GIVEN = "consent_given"
    PHYSICIAN_JOINED = "physician_joined"
    READING_KEPT = "reading_kept"
    READING_SET_ASIDE = "reading_set_aside"
    READING_ATTACHED = "reading_attached"
    READING_DISCARDED = "reading_discarded"
    INCIDENT = "incident"
    SENT_AGAIN = "sent_again"
    OUTBOX_EXPORTED = "outbox_exported"
    """`how`: "sealed" for the organisation's key, or "clear"."""
    SESSION_ENDED = "session_ended"
    SESSION_ABANDONED = "session_abandoned"


def of_session(session: Session, event: happened.Event) -> tuple[NewEvent, ...]:
    """What is told of a change that is written down. `session`: after it."""
    about = {"session": str(session.id)}
    match event:
        case happened.ConsentAnswered(consent):
            text = {"text_version": consent.text_version, "language": consent.language}
            return (
                NewEvent(Told.SESSION_OPENED, str(session.id), {"kind": session.kind}),
                NewEvent(Told.CONSENT_GIVEN, str(session.id), text),
            )
        case happened.PhysicianJoined():
            return (NewEvent(Told.PHYSICIAN_JOINED, str(session.id)),)
        case happened.ReadingKept(id_, kind):
            return (NewEvent(Told.READING_KEPT, str(id_), {**about, "kind": kind}),)
        case happened.ReadingSetAside(id_):
            return (NewEvent(Told.READING_SET_ASIDE, str(id_), about),)
        case happened.ReadingAttached(id_, kind, _):
            return (NewEvent(Told.READING_ATTACHED, str(id_), {**about, "kind": kind}),)
        case happened.ReadingDiscarded(id_, _):
            return (NewEvent(Told.READING_DISCARDED, str(id_), about),)
        case happened.IncidentHappened(incident):
            return (NewEvent(Told.INCIDENT, str(session.id), {"kind": incident.kind}),)
        case happened.Ended():
            return (NewEvent(Told.SESSION_ENDED, str(session.id)),)
        case happened.Abandoned():
            return (NewEvent(Told.SESSION_ABANDONED, str(session.id)),)
    return ()


def of_report(report: Report) -> NewEvent:
    """The self-test: which parts were red."""
    return NewEvent(Told.SELF_TEST, "", {"red": " ".join(check.part for check in report.reds)})


def of_changes(kind: Told, before: Mapping[str, str], now: Mapping[str, str]) -> tuple[NewEvent, ...]:
    """One event for each name that came, went or means something else now."""
    return tuple(
        NewEvent(kind, name, {"how": _how(before.get(name), now.get(name))})
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    )


def settings_of(config: Config) -> dict[str, str]:
    """Each setting as a short hash of its value, which may be a secret; and the program's version."""
    found = {"version": _short(VERSION)}
    for section in dataclasses.fields(config):
        values = getattr(config, section.name)
        for field in dataclasses.fields(values):
            found[f"{section.name}.{field.name}"] = _short(getattr(values, field.name))
    return found


def _short(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def _how(before: str | None, now: str | None) -> str:
    if before is None:
        return "added"
    return "removed" if now is None else "changed"
