"""What waits in the outbox as FHIR R4 transactions. Pure: the same bytes give the same bundle."""

from kiosk.fhir.audit import audit_bundle
from kiosk.fhir.bundles import MAX_ENTRIES, transaction
from kiosk.fhir.errors import FhirError, FhirReason
from kiosk.fhir.instruments import instrument_entry
from kiosk.fhir.media import media_entries
from kiosk.fhir.naming import Naming
from kiosk.fhir.observations import observation_entries
from kiosk.fhir.session_bundles import close_bundle, open_bundle
from kiosk.fhir.site import site_bundle
from kiosk.fhir.wire import Json
from kiosk.record import (
    ClosePayload,
    OpenPayload,
    Payload,
    ReadingPayload,
    RecordError,
    SitePayload,
    decode_payload,
)
from offline_queue.audit.checkpoint import AUDIT


def bundle_for(kind: str, payload: bytes, naming: Naming) -> Json:
    """The transaction for one outbox item, at most 8 entries. Raises FhirError when there can be none."""
    if kind == AUDIT:
        return audit_bundle(payload, naming)
    try:
        decoded = decode_payload(kind, payload)
    except RecordError as error:
        raise FhirError(FhirReason.BAD_RECORD, str(error)) from error
    bundle = _bundle(decoded, naming)
    if len(bundle["entry"]) > MAX_ENTRIES:
        raise FhirError(FhirReason.BAD_RECORD, f"{len(bundle['entry'])} entries in one transaction")
    return bundle


def _bundle(payload: Payload, naming: Naming) -> Json:
    match payload:
        case SitePayload():
            return site_bundle(payload, naming)
        case OpenPayload():
            return open_bundle(payload, naming)
        case ReadingPayload():
            return _reading_bundle(payload, naming)
        case ClosePayload():
            return close_bundle(payload, naming)


def _reading_bundle(payload: ReadingPayload, naming: Naming) -> Json:
    reading = payload.reading
    instrument = instrument_entry(payload.site, reading, naming)
    media = media_entries(payload, reading.attachment, naming) if reading.attachment else []
    entries = [*observation_entries(payload, naming), *media]
    if not entries:
        raise FhirError(FhirReason.BAD_RECORD, f"reading {reading.id} holds nothing")
    return transaction(instrument, *entries)
