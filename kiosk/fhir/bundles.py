"""Transactions: an entry creates one resource once, however often it is sent."""

import base64
import hashlib
from typing import Any
from uuid import UUID

from kiosk.fhir.naming import IDENTIFIER, Naming, search_key
from kiosk.fhir.wire import Json

MAX_ENTRIES = 8
_EMPTY: tuple[Any, ...] = ("", [], {})


def entry(naming: Naming, id_: UUID, key: Json, resource: Json, by: str = IDENTIFIER) -> Json:
    """PUT under our own id where the server takes it, else a create on the condition that `key` is new.

    `key` is the identifier (system and value) by which the resource is looked for; or, `by` TAG, the tag.
    """
    kind = resource["resourceType"]
    resource = _filled(resource)
    if naming.own_ids:
        request = {"method": "PUT", "url": f"{kind}/{id_}"}
        resource = {**resource, "id": str(id_)}
    else:
        request = {"method": "POST", "url": kind, "ifNoneExist": search_key(key["system"], key["value"], by)}
    return {"fullUrl": f"urn:uuid:{id_}", "resource": resource, "request": request}


def _filled(value: Any) -> Any:
    """Without empty text, lists and objects, which FHIR forbids (R4, 2.6.1): what is unknown is left out."""
    if isinstance(value, dict):
        return {name: each for name, value in value.items() if (each := _filled(value)) not in _EMPTY}
    if isinstance(value, list):
        return [each for each in map(_filled, value) if each not in _EMPTY]
    return value


def transaction(*entries: Json) -> Json:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def in_bundle(id_: UUID) -> Json:
    """A reference to another entry of the same transaction."""
    return {"reference": f"urn:uuid:{id_}"}


def attachment(data: bytes, content_type: str) -> Json:
    """Inline content with its size and its hash, which FHIR R4 (2.24.0.11) fixes as SHA-1."""
    digest = hashlib.sha1(data, usedforsecurity=False).digest()
    return {
        "contentType": content_type,
        "data": base64.b64encode(data).decode(),
        "size": len(data),
        "hash": base64.b64encode(digest).decode(),
    }
