"""FHIR JSON with exact decimals: `37.20` stays `37.20` (FHIR R4, 2.6.1: precision is significant)."""

import json
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

Json = dict[str, Any]


def to_json(value: object) -> bytes:
    """Deterministic UTF-8 JSON of dicts, lists, text, numbers and Decimals. Raises TypeError on the rest."""
    return _text(value).encode()


def from_json(data: bytes) -> Any:
    """Numbers with a point come back as Decimal. Raises ValueError."""
    try:
        return json.loads(data, parse_float=Decimal)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _text(value: object) -> str:
    match value:
        case str():  # most values are: without an encoder made for each
            return encode_basestring(value)
        case dict():
            pairs = [f"{encode_basestring(name)}:{_text(each)}" for name, each in sorted(value.items())]
            return "{" + ",".join(pairs) + "}"
        case list() | tuple():
            return "[" + ",".join(map(_text, value)) + "]"
        case Decimal():
            return format(value, "f")
        case None | bool() | int():
            return json.dumps(value)
    raise TypeError(f"no FHIR JSON for {type(value).__name__}")
