"""Otoscope stills and stethoscope clips as Media, their content as a Binary in the same transaction.

Where the server does not take our ids the content is inside the Media: a Binary has no identifier by which an
earlier attempt could be found again, and would be stored once more.
"""

from devices.reading import Attachment, Kind
from kiosk.body_points import recorded_site
from kiosk.clip import CONTENT_TYPE, flac_rate_hz
from kiosk.fhir import naming as names
from kiosk.fhir.bundles import attachment, entry, in_bundle
from kiosk.fhir.codes import concept
from kiosk.fhir.naming import Naming
from kiosk.fhir.observations import reading_notes
from kiosk.fhir.wire import Json
from kiosk.record import ReadingPayload

_TYPES = {"image": ("image", "Image"), "audio": ("audio", "Audio"), "video": ("video", "Video")}
_MODALITIES = {"image": ("XC", "External-camera Photography"), "audio": ("AU", "Audio")}
_TURNED = "Image telle qu’elle a été vue : celle de la caméra, tournée de {degrees}° dans le sens horaire."
_MIRRORED = "Image telle qu’elle a été vue : en miroir, gauche et droite de la caméra inversées."
_RAW = "Son de l’instrument sans filtre ni gain du poste, à {rate_hz} Hz, 16 bits, mono."
_TITLES = {Kind.OTOSCOPE: "Otoscopie", Kind.STETHOSCOPE: "Auscultation"}


def media_entries(payload: ReadingPayload, kept: Attachment, naming: Naming) -> list[Json]:
    """The content where it is apart, and one Media; `bodySite` is the words that the helper chose."""
    reading, session = payload.reading, payload.session
    id_ = names.media_id(reading.id)
    at = reading.taken_at.isoformat()
    where = recorded_site(kept.site)
    title = _TITLES.get(reading.kind, "Enregistrement") + (f", {where}" if where else "")
    content = attachment(kept.data, kept.content_type)
    apart = [_binary(payload, content, naming)] if naming.binaries else []
    if naming.binaries:
        content = {**content, "data": "", "url": f"Binary/{names.binary_id(reading.id)}"}
    resource = {
        "resourceType": "Media",
        "identifier": [naming.identifier("media", id_)],
        "status": "completed",
        **_form(kept.content_type),
        "subject": naming.cite("Patient", "patient", session.patient_id),
        "encounter": naming.cite("Encounter", "session", session.id),
        "createdDateTime": at,
        "bodySite": {"text": where},
        "device": in_bundle(naming.instrument_id(payload.site, reading.kind, reading.identity)),
        "content": {**content, "title": title, "creation": at},
        "note": [{"text": text} for text in (*_held(kept), *_heard(kept), *reading_notes(reading))],
    }
    return [*apart, entry(naming, id_, naming.identifier("media", id_), resource)]


def _held(kept: Attachment) -> list[str]:
    """What was done to the camera's picture before people saw it; nothing where nothing was."""
    turned = [_TURNED.format(degrees=kept.turned_deg)] if kept.turned_deg else []
    return [*turned, *([_MIRRORED] if kept.mirrored else [])]


def _heard(kept: Attachment) -> list[str]:
    """At which rate a sound was captured: Media has no element for it."""
    rate_hz = flac_rate_hz(kept.data) if kept.content_type == CONTENT_TYPE else None
    return [_RAW.format(rate_hz=rate_hz)] if rate_hz else []


def _binary(payload: ReadingPayload, content: Json, naming: Naming) -> Json:
    """Whoever may see the patient may see it."""
    id_ = names.binary_id(payload.reading.id)
    resource = {
        "resourceType": "Binary",
        "contentType": content["contentType"],
        "securityContext": naming.cite("Patient", "patient", payload.session.patient_id),
        "data": content["data"],
    }
    return entry(naming, id_, naming.identifier("binary", id_), resource)


def _form(content_type: str) -> Json:
    form = content_type.partition("/")[0]
    types = "http://terminology.hl7.org/CodeSystem/media-type"
    modalities = "http://dicom.nema.org/resources/ontology/DCM"
    return {
        **({"type": concept(types, *_TYPES[form])} if form in _TYPES else {}),
        **({"modality": concept(modalities, *_MODALITIES[form])} if form in _MODALITIES else {}),
    }
