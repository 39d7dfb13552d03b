"""Transactions: an entry creates one resource once, however often it is sent."""

from uuid import UUID

from kiosk.fhir.naming import Naming
from kiosk.fhir.wire import Json

MAX_ENTRIES = 8


def entry(naming: Naming, id_: UUID, key: Json, resource: Json) -> Json:
    """PUT under our own id where the server takes it, else a create on the condition that `key` is new.

    `key` is the identifier (system and value) by which the resource is looked for.
    """
    kind = resource["resourceType"]
    if naming.own_ids:
        request = {"method": "PUT", "url": f"{kind}/{id_}"}
        resource = {**resource, "id": str(id_)}
    else:
        request = {"method": "POST", "url": kind, "ifNoneExist": f"identifier={key['system']}|{key['value']}"}
    return {"fullUrl": f"urn:uuid:{id_}", "resource": resource, "request": request}


def transaction(*entries: Json) -> Json:
    return {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}


def in_bundle(id_: UUID) -> Json:
    """A reference to another entry of the same transaction."""
    return {"reference": f"urn:uuid:{id_}"}
