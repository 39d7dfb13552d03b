"""The report of a session, in French: what was measured, and every technical incident.

Article R6316-4 of the Code de la santé publique wants the incidents in the report. It repeats what the
devices gave and interprets nothing; the physician's own conclusions are written elsewhere.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from devices.reading import Quality, Quantity, Reading
from kiosk.body_points import recorded_site
from kiosk.duration import clock_text
from kiosk.fhir import naming as names
from kiosk.fhir.bundles import attachment, entry
from kiosk.fhir.codes import (
    ABSENT_NOTES,
    KIND_NAMES,
    LOINC,
    QUALITY_NOTES,
    REPORT_LOINC,
    TEXTS,
    UNIT_TEXTS,
    concept,
)
from kiosk.fhir.naming import Naming
from kiosk.fhir.wire import Json
from kiosk.record import ClosePayload
from kiosk.session import Incident, IncidentKind, LineMinute, Outcome, Session

TITLE = "Compte rendu de téléconsultation"
INCIDENTS = {
    IncidentKind.CALL_LOST: "Communication avec le médecin coupée",
    IncidentKind.CALL_RESTORED: "Communication avec le médecin rétablie",
    IncidentKind.CALL_TAMPERED: "Communication refusée : description altérée en chemin",
    IncidentKind.INSTRUMENT_LOST: "Instrument débranché ou hors de portée",
    IncidentKind.INSTRUMENT_FAULTY: "Instrument en panne",
    IncidentKind.KIOSK_RESTARTED: "Cabine redémarrée pendant la session",
    IncidentKind.STORAGE_FULL: "Espace de stockage plein",
}
_OUTCOMES = {
    Outcome.COMPLETED: "menée à son terme",
    Outcome.ABANDONED: "interrompue",
    Outcome.REFUSED: "refusée",
    None: "en cours",
}

_DECISIONS = {True: "rattachée au patient", False: "n’est pas de ce patient"}
_MARKS = (
    Quality.RECORDING,
    Quality.ATTACHED_BY_HELPER,
    Quality.BEFORE_CONSULTATION,
    Quality.TIME_UNSURE,
    Quality.UNKNOWN_UNIT,
)


def report_entry(payload: ClosePayload, subject: Json, naming: Naming) -> Json:
    """A DocumentReference with the text inside. Its author is the kiosk, which wrote it."""
    site, session = payload.site, payload.session
    id_ = names.report_id(session.id)
    end = (session.closed_at or session.opened_at).isoformat()
    text = {
        **attachment(report_text(session, payload.readings).encode(), "text/plain; charset=utf-8"),
        "language": "fr-FR",
        "title": TITLE,
        "creation": end,
    }
    resource = {
        "resourceType": "DocumentReference",
        "identifier": [naming.identifier("document", id_)],
        "status": "current",
        "docStatus": "final",
        "type": concept(LOINC, *REPORT_LOINC),
        "subject": subject,
        "date": end,
        "author": [names.gateway(site)],
        "custodian": names.organization(site),
        "content": [{"attachment": text}],
        "context": {
            "encounter": [naming.cite("Encounter", "session", session.id)],
            "period": {"start": session.opened_at.isoformat(), "end": end},
        },
    }
    return entry(naming, id_, naming.identifier("document", id_), resource)


def report_text(session: Session, readings: Iterable[Reading] = ()) -> str:
    """Plain text, one fact a line."""
    parts = (_head(session), _measures(session, readings), _incidents(session), _line(session))
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _head(session: Session) -> list[str]:
    joined = session.physician_joined_at
    return [
        f"{TITLE}, session {session.number}",
        f"Ouverte le {_moment(session.opened_at)}",
        f"Médecin présent à partir du {_moment(joined)}" if joined else "Aucun médecin n’a rejoint l’appel",
        f"Close le {_moment(session.closed_at)}" if session.closed_at else "Non close",
        f"Session {_OUTCOMES[session.outcome]}",
    ]


def _measures(session: Session, readings: Iterable[Reading]) -> list[str]:
    lines = [f"Mesures conservées : {len(session.readings)}"]
    lines += [f"- {_moment(r.taken_at)} : {KIND_NAMES[r.kind]} : {_result(r)}" for r in readings]
    return lines + _aside(session)


def _aside(session: Session) -> list[str]:
    """What may have been somebody else's, and what the helper decided about it."""
    left = len(session.set_aside) + session.set_aside_more
    lines = [f"Mesures mises de côté, non rattachées au patient : {left}"] if left else []
    if session.decisions:
        lines.append("Décisions de l’accompagnant sur les mesures mises de côté")
    return lines + [f"  {_moment(d.at)} : {_DECISIONS[d.attached]}" for d in session.decisions]


def _result(reading: Reading) -> str:
    if reading.attachment is not None:
        return recorded_site(reading.attachment.site) or "enregistrement conservé"
    return ", ".join(_quantity(q) for q in reading.quantities) + _provenance(reading)


def _provenance(reading: Reading) -> str:
    """Who attached it and why that was needed; nothing of what was measured in the consultation."""
    marks = [QUALITY_NOTES[mark] for mark in _MARKS if mark in reading.quality]
    return f" ({' '.join(marks)})" if marks else ""


def _quantity(quantity: Quantity) -> str:
    name = TEXTS.get(quantity.metric, quantity.metric.key)
    if quantity.absent is not None:
        return f"{name} absente ({ABSENT_NOTES[quantity.absent].rstrip('.').lower()})"
    if quantity.value is not None and quantity.metric.ucum == "s":
        return f"{name} {clock_text(quantity.value)}"
    unit = UNIT_TEXTS.get(quantity.metric.ucum, quantity.metric.ucum)
    return f"{name} {quantity.value:f} {unit}".replace(".", ",")


def _incidents(session: Session) -> list[str]:
    lines = [f"Incidents techniques : {len(session.incidents)}"]
    lines += [f"- {INCIDENTS[kind]} : {count} fois" for kind, count in _counts(session).items()]
    return lines + [f"  {_moment(i.at)} : {_incident(i)}" for i in session.incidents]


def _line(session: Session) -> list[str]:
    """The network, minute by minute: what an agency or a technician asks for later."""
    if not session.line:
        return []
    return ["Qualité de la ligne, minute par minute", *(_minute(minute) for minute in session.line)]


def _minute(minute: LineMinute) -> str:
    parts = [
        f"aller-retour {minute.rtt_ms} ms" if minute.rtt_ms is not None else "",
        f"perte {_percent(minute.lost_per_mille)}" if minute.lost_per_mille is not None else "",
        f"envoi {minute.sent_kbps} kbit/s",
        f"réception {minute.received_kbps} kbit/s",
        f"voix reconstituée {_percent(minute.concealed_per_mille)}" if minute.concealed_per_mille else "",
        f"coupure {minute.cut_s} s" if minute.cut_s else "",
    ]
    return f"  {_moment(minute.at)} : {', '.join(part for part in parts if part)}"


def _percent(per_mille: int) -> str:
    return f"{per_mille / 10:.1f} %".replace(".", ",")


def _counts(session: Session) -> Counter[IncidentKind]:
    return Counter(incident.kind for incident in session.incidents)


def _incident(incident: Incident) -> str:
    return INCIDENTS[incident.kind] + (f" ({incident.subject})" if incident.subject else "")


def _moment(at: datetime) -> str:
    """With its zone: whoever reads it may be elsewhere."""
    return at.strftime("%d/%m/%Y %H:%M:%S (UTC%z)")
