"""The session: opened with patient, encounter and consent; closed with its end and its report."""

from kiosk.fhir import naming as names
from kiosk.fhir.bundles import attachment, entry, in_bundle, transaction
from kiosk.fhir.codes import ACT_CODE, LOINC, coding, concept
from kiosk.fhir.errors import FhirError, FhirReason
from kiosk.fhir.naming import Naming
from kiosk.fhir.report import report_entry
from kiosk.fhir.site import FR_CORE, profile
from kiosk.fhir.wire import Json
from kiosk.record import ClosePayload, OpenPayload, SiteInfo
from kiosk.session import Consent, Patient, Session, SessionKind

_V2_0203 = "http://terminology.hl7.org/CodeSystem/v2-0203"
_KINDS = {
    SessionKind.TELECONSULTATION: ("VR", "virtual", "Téléconsultation assistée"),
    SessionKind.MEASUREMENT_VISIT: ("AMB", "ambulatory", "Visite de mesure"),
}


def open_bundle(payload: OpenPayload, naming: Naming) -> Json:
    """Patient, Encounter in progress, Consent. Raises FhirError without a consent that was given."""
    session = payload.session
    patient, consent = _agreed(session)
    return transaction(
        _patient(patient, naming),
        _encounter_entry(naming, session, _encounter(payload.site, session, naming, in_bundle(patient.id))),
        _consent(payload.site, session, patient, consent, naming),
    )


def close_bundle(payload: ClosePayload, naming: Naming) -> Json:
    """The Encounter finished, and the report. Raises FhirError without consent or without an end."""
    session = payload.session
    patient, _ = _agreed(session)
    if session.closed_at is None:
        raise FhirError(FhirReason.NOT_CLOSED, session.number)
    subject = naming.cite("Patient", "patient", patient.id)
    encounter = _encounter(payload.site, session, naming, subject)
    return transaction(_closing_entry(naming, session, encounter), report_entry(payload, subject, naming))


def _agreed(session: Session) -> tuple[Patient, Consent]:
    if session.patient is None or session.consent is None or not session.consent.given:
        raise FhirError(FhirReason.NO_CONSENT, session.number)
    return session.patient, session.consent


def _patient(patient: Patient, naming: Naming) -> Json:
    status = {"url": "identityStatus", "valueCoding": coding(naming.identity_status, "PROV")}
    reliability = FR_CORE + "StructureDefinition/fr-core-identity-reliability"
    key = naming.identifier("patient", patient.id)
    resource = {
        "resourceType": "Patient",
        "meta": profile("fr-core-patient"),
        "extension": [{"url": reliability, "extension": [status]}],
        "identifier": [
            {"use": "usual", "type": concept(_V2_0203, "PI", "Patient internal identifier"), **key}
        ],
        "active": True,
        "name": [{"use": "official", "family": patient.family, "given": [patient.given]}],
        "gender": patient.sex.value,
        "birthDate": patient.birth_date.isoformat(),
    }
    return entry(naming, patient.id, key, resource)


def _encounter(site: SiteInfo, session: Session, naming: Naming, subject: Json) -> Json:
    code, display, text = _KINDS[session.kind]
    end = session.closed_at
    period = {"start": session.opened_at.isoformat(), **({"end": end.isoformat()} if end else {})}
    visit = {"type": concept(_V2_0203, "VN", "Visit number"), **naming.identifier("session", session.id)}
    number = {"use": "secondary", **naming.identifier("session-number", session.number)}
    place = names.by_identifier("Location", *naming.location(site))
    return {
        "resourceType": "Encounter",
        "meta": profile("fr-core-encounter"),
        "identifier": [visit, number],
        "status": "finished" if end else "in-progress",
        "class": coding(ACT_CODE, code, display),
        "type": [{"text": text}],
        "subject": subject,
        "period": period,
        "location": [{"location": place}],
        "serviceProvider": names.organization(site),
        **_participant(site, session),
    }


def _participant(site: SiteInfo, session: Session) -> Json:
    """The physician takes part from the moment of joining; one who never came is not in the record."""
    if not site.physician_rpps or session.physician_joined_at is None:
        return {}
    attender = concept("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "ATND")
    period = {"start": session.physician_joined_at.isoformat()}
    return {"participant": [{"type": [attender], "period": period, "individual": names.practitioner(site)}]}


def _encounter_entry(naming: Naming, session: Session, resource: Json) -> Json:
    return entry(naming, session.id, naming.identifier("session", session.id), resource)


def _closing_entry(naming: Naming, session: Session, resource: Json) -> Json:
    """Under a server's own id the Encounter is found again by its identifier (conditional update)."""
    created = _encounter_entry(naming, session, resource)
    if naming.own_ids:
        return created
    key = names.search_key(naming.system("session"), str(session.id))
    request = {"method": "PUT", "url": f"Encounter?{key}"}
    return {**created, "request": request}


def _consent(site: SiteInfo, session: Session, patient: Patient, consent: Consent, naming: Naming) -> Json:
    id_ = names.consent_id(session.id)
    reason = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
    at = consent.at.isoformat()
    resource = {
        "resourceType": "Consent",
        "identifier": [naming.identifier("consent", id_)],
        "status": "active",
        "scope": concept("http://terminology.hl7.org/CodeSystem/consentscope", "treatment"),
        "category": [concept(LOINC, "59284-0", "Consent Document")],
        "patient": in_bundle(patient.id),
        "dateTime": at,
        "performer": [in_bundle(patient.id)],
        "organization": [names.organization(site)],
        "sourceAttachment": _shown(consent),
        "policyRule": concept(ACT_CODE, "OPTIN"),
        "provision": {"type": "permit", "period": {"start": at}, "purpose": [coding(reason, "TREAT")]},
    }
    return entry(naming, id_, naming.identifier("consent", id_), resource)


def _shown(consent: Consent) -> Json:
    """The text as it was on the screen. FHIR R4 fixes SHA-1 for Attachment.hash."""
    return {
        **attachment(consent.text.encode(), "text/plain; charset=utf-8"),
        "language": consent.language,
        "title": f"Consentement à la téléconsultation, version {consent.text_version}",
    }
