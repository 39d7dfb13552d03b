"""A checkpoint of the audit chain as an AuditEvent (FHIR R4, 6.4), and back.

An AuditEvent has no identifier: what is looked for before it is created is a tag. The events themselves go
with it, so that the organisation has the whole chain also when the kiosk is lost.
"""

import base64
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kiosk.fhir.bundles import entry, transaction
from kiosk.fhir.codes import coding, concept
from kiosk.fhir.errors import FhirError, FhirReason
from kiosk.fhir.naming import EUI64, TAG, Naming
from kiosk.fhir.wire import Json
from offline_queue.audit.checkpoint import Checkpoint, decode, of_fields

_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_TERMS = "http://terminology.hl7.org/CodeSystem"


def audit_bundle(payload: bytes, naming: Naming) -> Json:
    """One AuditEvent. Raises FhirError (BAD_RECORD)."""
    try:
        checkpoint, _ = decode(payload)
        id_ = UUID(checkpoint.item)
    except ValueError as error:
        raise FhirError(FhirReason.BAD_RECORD, str(error)) from error
    gateway = {"type": "Device", "identifier": {"system": EUI64, "value": checkpoint.owner}}
    key = naming.identifier("audit-checkpoint", checkpoint.item)
    resource = {
        "resourceType": "AuditEvent",
        "meta": {"tag": [coding(key["system"], key["value"]), coding(*kiosk_tag(naming, checkpoint.owner))]},
        "type": coding(_DCM, "110100", "Application Activity"),
        "subtype": [coding(naming.system("audit"), "checkpoint")],
        "action": "E",
        "recorded": datetime.fromtimestamp(checkpoint.at_ms / 1000, UTC).isoformat(timespec="milliseconds"),
        "outcome": "0",
        "agent": [{"type": concept(_DCM, "110150", "Application"), "who": gateway, "requestor": False}],
        "source": {"observer": gateway, "type": [coding(f"{_TERMS}/security-source-type", "4")]},
        "entity": [
            {
                "what": {"identifier": key},
                "type": coding(f"{_TERMS}/audit-entity-type", "2", "System Object"),
                "role": coding(f"{_TERMS}/object-role", "13", "Security Resource"),
                "detail": _details(checkpoint, payload),
            }
        ],
    }
    return transaction(entry(naming, id_, key, resource, TAG))


def kiosk_tag(naming: Naming, owner: str) -> tuple[str, str]:
    """System and code of the tag on every checkpoint of one kiosk."""
    return naming.system("audit-kiosk"), owner


def checkpoint_of(resource: Json, owner: str) -> Checkpoint:
    """What an AuditEvent of ours vouches for. Raises ValueError."""
    try:
        entity = resource["entity"][0]
        item = entity["what"]["identifier"]["value"]
        fields = {detail["type"]: detail.get("valueString") for detail in entity["detail"]}
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError("not a checkpoint") from error
    return of_fields(owner, str(item), fields)


def _details(checkpoint: Checkpoint, payload: bytes) -> list[dict[str, Any]]:
    fields = [{"type": name, "valueString": str(value)} for name, value in checkpoint.fields().items()]
    return [*fields, {"type": "events", "valueBase64Binary": base64.b64encode(payload).decode()}]
