"""The record as bytes: canonical JSON for what waits in the outbox and for the session on disk.

Canonical means: the same value gives the same bytes (sorted keys, no spaces, UTF-8). Decimals travel as
strings, attachments as base64, raw frames as hex, metrics as their key. Every payload that is delivered
stands on its own: it carries the site, so that a kiosk moved to another site sends old records as they were.
"""

import base64
import json
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache, partial
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

from devices.metrics import ALL_METRICS, Metric
from devices.reading import Reading
from kiosk.session import Session

VERSION = 1

Value = TypeVar("Value")


class RecordError(ValueError):
    """Bytes that are not a record of this version, or a value that has no place in one."""


class PayloadKind(StrEnum):
    """What an outbox item says; the item's `kind`."""

    SITE = "site"
    OPEN = "open"
    READING = "reading"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class SiteInfo:
    """The site and its kiosk. `kiosk_id` is an EUI-64 as `FE-ED-AB-EE-DE-AD-77-01`.

    `organization_id` is the national structure number (IDNST), `finess` the site's FINESS number;
    one of them is needed. Without `physician_rpps` no physician is named in the record.
    """

    organization_id: str
    finess: str
    name: str
    location_id: str
    location_name: str
    kiosk_id: str
    kiosk_name: str
    serial: str
    software_version: str
    physician_rpps: str
    physician_family: str
    physician_given: str


@dataclass(frozen=True, slots=True)
class SessionRef:
    """What a reading must know of its session."""

    id: UUID
    number: str
    patient_id: UUID


@dataclass(frozen=True, slots=True)
class SitePayload:
    site: SiteInfo


@dataclass(frozen=True, slots=True)
class OpenPayload:
    site: SiteInfo
    session: Session


@dataclass(frozen=True, slots=True)
class ReadingPayload:
    site: SiteInfo
    session: SessionRef
    reading: Reading


@dataclass(frozen=True, slots=True)
class ClosePayload:
    """`readings` carry no raw frames and no attachment data: those went with each reading."""

    site: SiteInfo
    session: Session
    readings: tuple[Reading, ...] = ()


Payload = SitePayload | OpenPayload | ReadingPayload | ClosePayload

_PAYLOADS: dict[PayloadKind, type[Payload]] = {
    PayloadKind.SITE: SitePayload,
    PayloadKind.OPEN: OpenPayload,
    PayloadKind.READING: ReadingPayload,
    PayloadKind.CLOSE: ClosePayload,
}


def site_payload(site: SiteInfo) -> bytes:
    """The bytes of a `site` item. It comes first in every session's stream."""
    return _encode(SitePayload(site))


def open_payload(site: SiteInfo, session: Session) -> bytes:
    """The bytes of an `open` item. The INS number stays out: the identity is not qualified."""
    return _encode(OpenPayload(site, _without_ins(session)))


def reading_payload(site: SiteInfo, session: Session, reading: Reading) -> bytes:
    """The bytes of a `reading` item. Raises RecordError when the session has no patient."""
    if session.patient is None:
        raise RecordError(f"session {session.number} has no patient")
    return _encode(ReadingPayload(site, SessionRef(session.id, session.number, session.patient.id), reading))


def close_payload(site: SiteInfo, session: Session, readings: Sequence[Reading] = ()) -> bytes:
    """The bytes of a `close` item; `readings` are those that the report lists."""
    return _encode(ClosePayload(site, _without_ins(session), tuple(_light(r) for r in readings)))


def decode_payload(kind: str, data: bytes) -> Payload:
    """What an outbox item of this kind says. Raises RecordError."""
    if kind not in _PAYLOADS:
        raise RecordError(f"unknown kind of record: {kind}")
    return _decode(_PAYLOADS[PayloadKind(kind)], data)


def decode_reading_payload(data: bytes) -> ReadingPayload:
    """What a `reading` item says. Raises RecordError."""
    return _decode(ReadingPayload, data)


def encode_session(session: Session) -> bytes:
    """The whole session, as it is kept for a restart."""
    return _encode(session)


def decode_session(data: bytes) -> Session:
    """Raises RecordError."""
    return _decode(Session, data)


def encode_reading(reading: Reading) -> bytes:
    """The whole reading, raw frames and attachment included."""
    return _encode(reading)


def decode_reading(data: bytes) -> Reading:
    """Raises RecordError."""
    return _decode(Reading, data)


def encode_site(site: SiteInfo) -> bytes:
    return _encode(site)


def decode_site(data: bytes) -> SiteInfo:
    """Raises RecordError."""
    return _decode(SiteInfo, data)


def _without_ins(session: Session) -> Session:
    return replace(session, patient=replace(session.patient, ins="")) if session.patient else session


def _light(reading: Reading) -> Reading:
    attachment = reading.attachment
    return replace(reading, raw=b"", attachment=replace(attachment, data=b"") if attachment else None)


def _encode(value: object) -> bytes:
    document = {"v": VERSION, "data": _plain(value)}
    try:
        return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise RecordError(f"text that is not Unicode: {error}") from error


def _decode(hint: type[Value], data: bytes) -> Value:
    try:
        document = json.loads(data)
        if document["v"] != VERSION:
            raise RecordError(f"record version {document['v']}, this program reads {VERSION}")
        value: Value = _reader(cast(Any, hint))(document["data"])
    except RecordError:
        raise
    except (ArithmeticError, AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise RecordError(f"not a {hint.__name__} record: {error!r}") from error
    return value


def _plain(value: object) -> Any:
    match value:
        case Metric():
            return value.key
        case None | bool() | int() | StrEnum() | str():
            return value
        case Decimal():
            return _decimal_text(value)
        case UUID():
            return str(value)
        case date():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case tuple():
            return [_plain(each) for each in value]
        case frozenset():
            return sorted(_plain(each) for each in value)
    if is_dataclass(value):
        return {f.name: _plain_field(f.name, getattr(value, f.name)) for f in fields(value)}
    raise RecordError(f"no place in a record for {type(value).__name__}")


def _plain_field(name: str, value: object) -> Any:
    """Frames are read by people, hence hex; pictures and sounds are not."""
    return value.hex() if name == "raw" and isinstance(value, bytes) else _plain(value)


def _decimal_text(value: Decimal) -> str:
    if not value.is_finite():
        raise RecordError(f"{value} is not a number")
    return str(value)


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """What makes such a value of its JSON: looked up once, for a backlog reads thousands of records."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        known = _reader(next(a for a in get_args(hint) if a is not type(None)))
        return lambda value: None if value is None else known(value)
    if origin in (tuple, frozenset):
        each = _reader(get_args(hint)[0])
        return lambda value: origin(map(each, _checked(list, value)))
    if hint is Metric:
        return ALL_METRICS.__getitem__
    return partial(_typed_dataclass if is_dataclass(hint) else _scalar, hint)


def _typed_dataclass(hint: Any, value: Any) -> Any:
    given, hints = _checked(dict, value), _hints(hint)
    if extra := set(given) - set(hints):
        raise RecordError(f"{hint.__name__}: unknown {', '.join(sorted(extra))}")
    raw = given.get("raw")
    known = {name: _reader(hints[name])(each) for name, each in given.items() if name != "raw"}
    return hint(**known) if raw is None else hint(**known, raw=bytes.fromhex(raw))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _scalar(hint: Any, value: Any) -> Any:
    if hint in (bool, int):
        return _checked(hint, value)
    text = _checked(str, value)
    if hint in (datetime, date):
        return hint.fromisoformat(text)
    if hint is bytes:
        return base64.b64decode(text, validate=True)
    if hint is Decimal:
        return Decimal(_decimal_text(Decimal(text)))
    return hint(text)


def _checked(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise RecordError(f"{kind.__name__} expected, {type(value).__name__} found")
    return value
