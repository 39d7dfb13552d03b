"""Leaves out of a transaction what the server has already, and points the rest at it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from kiosk.fhir.wire import Json

Known = dict[str, str]
"""`fullUrl` of an entry -> `Type/id` on the server."""


def without(bundle: Json, known: Mapping[str, str]) -> Json:
    """The bundle of the entries that are not known, with references to known ones as `Type/id`."""
    entries = [entry for entry in bundle["entry"] if entry["fullUrl"] not in known]
    return {**bundle, "entry": [_pointed(entry, known) for entry in entries]}


def key_of(entry: Json) -> tuple[str, str, str]:
    """On whose absence the entry creates its resource: IDENTIFIER or TAG, system, value."""
    by, _, key = entry["request"]["ifNoneExist"].partition("=")
    system, _, value = key.partition("|")
    return by, unquote(system), unquote(value)


def under_own_ids(bundle: Json) -> Json:
    """The same creations as PUTs of the ids that the kiosk minted."""
    return {**bundle, "entry": [_put(entry) for entry in bundle["entry"]]}


def _put(entry: Json) -> Json:
    id_ = entry["fullUrl"].removeprefix("urn:uuid:")
    resource = entry["resource"]
    request = {"method": "PUT", "url": f"{resource['resourceType']}/{id_}"}
    return {**entry, "resource": {**resource, "id": id_}, "request": request}


def _pointed(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            name: known.get(each, each)
            if name == "reference" and isinstance(each, str)
            else _pointed(each, known)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_pointed(each, known) for each in value]
    return value
