"""The messages of the live data channel as JSON text (docs/live-data.md). Pure."""

import base64
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from devices.reading import Attachment, Quantity, Reading, Waveform
from drivers.instrument import InstrumentStatus
from kiosk.body_points import BodyPoint
from kiosk.call.errors import CallError, CallReason
from kiosk.events import LineQuality

VERSION = 1
TEXT_MAX = 16 * 1024
PART_CHARACTERS = 800
_IDS_MAX = 512
_PING_MAX = 64
_CHUNKS_MAX = 100_000
_SUBJECTS = ("otoscope", "stethoscope")
_ROOM = re.compile(r"[A-Za-z0-9_-]{16,64}")
_HASH = re.compile(r"[A-Za-z0-9_-]{43}")


def _encode(type_: str, /, **fields: object) -> str:
    return json.dumps({"v": VERSION, "type": type_, **fields}, ensure_ascii=False, separators=(",", ":"))


def hello(session: str, words: Sequence[str], site: str, language: str) -> str:
    return _encode("hello", session=session, words=list(words), site=site, language=language)


def reading(item: Reading, sequence: int, history: bool, like: tuple[int, Reading] | None = None) -> str:
    """`history`: it was taken before this connection, and is sent again.

    `like`: the number of a reading that the page has, and that reading: what is the same is left out.
    """
    if like is not None and alike(item, like[1]):
        return _short_reading(item, sequence, like[0])
    return _encode(
        "reading",
        id=str(item.id),
        seq=sequence,
        gap=False,
        history=history,
        kind=item.kind.value,
        device={
            "key": item.identity.device,
            "name": " ".join(p for p in (item.identity.manufacturer, item.identity.model) if p),
            "model": item.identity.model,
        },
        t0=_time(item.taken_at),
        clock=item.clock.value,
        quality=_quality(item),
        quantities=[_quantity(quantity) for quantity in item.quantities],
        attachment=_attachment(item.attachment),
    )


def alike(one: Reading, other: Reading) -> bool:
    """Whether they differ in time, quality and values only."""
    return (
        (one.kind, one.identity, one.clock) == (other.kind, other.identity, other.clock)
        and one.attachment is None
        and other.attachment is None
        and [quantity.metric for quantity in one.quantities]
        == [quantity.metric for quantity in other.quantities]
    )


def _short_reading(item: Reading, sequence: int, like: int) -> str:
    return _encode(
        "reading",
        id=str(item.id),
        seq=sequence,
        like=like,
        t0=_time(item.taken_at),
        quality=_quality(item),
        values=[
            {"absent": quantity.absent.value} if quantity.absent is not None else _value(quantity)
            for quantity in item.quantities
        ],
    )


def _quality(item: Reading) -> list[str]:
    return sorted(flag.value for flag in item.quality)


def _value(item: Quantity) -> str | None:
    return None if item.value is None else format(item.value, "f")


def _quantity(item: Quantity) -> dict[str, object]:
    return {
        "metric": item.metric.key,
        "mdc": item.metric.mdc,
        "loinc": list(item.metric.loinc),
        "unit": item.metric.ucum,
        "value": _value(item),
        "absent": None if item.absent is None else item.absent.value,
    }


def _attachment(item: Attachment | None) -> dict[str, object] | None:
    if item is None:
        return None
    return {"content_type": item.content_type, "bytes": len(item.data), "site": item.site}


def _time(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds")


def waveform(item: Waveform) -> str:
    return _encode(
        "wave",
        kind=item.kind.value,
        metric=item.metric.key,
        mdc=item.metric.mdc,
        unit=item.metric.ucum,
        t0=_time(item.t0),
        period_ms=format(item.period_ms, "f"),
        seq=item.sequence,
        gap=item.gap,
        samples=list(item.samples),
    )


def instruments(items: Iterable[InstrumentStatus]) -> str:
    return _encode("instruments", items=[_instrument(item) for item in items])


def _instrument(item: InstrumentStatus) -> dict[str, object]:
    return {
        "id": item.id,
        "kind": item.kind.value,
        "name": item.name,
        "state": item.state.value,
        "reason": item.reason.value,
    }


def media(otoscope: bool, stethoscope: bool, muted: bool, stethoscope_live: bool = True) -> str:
    """`stethoscope_live` False: its sound is recorded and sent, the line cannot carry it as it is heard."""
    return _encode(
        "media", otoscope=otoscope, stethoscope=stethoscope, muted=muted, stethoscope_live=stethoscope_live
    )


def clip(item: Reading, duration_s: float, rate_hz: int, size_bytes: int, chunks: int) -> str:
    """A recorded sound follows, in `chunks` messages of `clip_data`."""
    kept = item.attachment
    return _encode(
        "clip",
        id=str(item.id),
        site=kept.site if kept else "",
        t0=_time(item.taken_at),
        duration_s=round(duration_s, 3),
        rate_hz=rate_hz,
        content_type=kept.content_type if kept else "",
        bytes=size_bytes,
        chunks=chunks,
    )


def clip_data(clip_id: UUID, number: int, data: bytes) -> str:
    return _encode("clip_data", id=str(clip_id), n=number, data=b64encode(data).decode())


def video(face_paused: bool, otoscope_paused: bool) -> str:
    """Which picture the line cannot carry now; still pictures come instead."""
    return _encode("video", face=_picture(face_paused), otoscope=_picture(otoscope_paused))


def _picture(paused: bool) -> str:
    return "paused" if paused else "live"


def still(what: str, taken_at: datetime, jpeg: bytes) -> str:
    """A picture in place of a paused video; `what` as in `video`."""
    return _encode("still", what=what, t0=_time(taken_at), jpeg=base64.b64encode(jpeg).decode())


def parts(text: str, id_: UUID) -> list[str]:
    """A long message in pieces that hold up nothing behind them; the page puts them together again."""
    pieces = [text[at : at + PART_CHARACTERS] for at in range(0, len(text), PART_CHARACTERS)]
    return [_encode("part", id=str(id_), n=n, of=len(pieces), text=piece) for n, piece in enumerate(pieces)]


def pong(ping_id: str | int) -> str:
    return _encode("pong", id=ping_id)


def guest(room: str, allowed: bool) -> str:
    """Whether the room of the page's guest is open. False also when the helper has removed the guest."""
    return _encode("guest", room=room, allowed=allowed)


def end(reason: str) -> str:
    return _encode("end", reason=reason)


@dataclass(frozen=True, slots=True)
class Seen:
    """Readings that are on the physician's screen."""

    ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """The physician would like an instrument on or off. The helper's side decides."""

    what: str
    on: bool


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep the picture, or a clip of the sound, in the record. `site`: the point that the page proposes."""

    what: str
    site: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """The stethoscope is wanted at this point of the body; "" takes the request back."""

    site: str


@dataclass(frozen=True, slots=True)
class ClipWanted:
    """The page would like to play this recorded sound: it has the pieces before `first`."""

    id: UUID
    first: int


@dataclass(frozen=True, slots=True)
class Ping:
    id: str | int


@dataclass(frozen=True, slots=True)
class Line:
    """What the page measures of the line: `loss` from 0 to 1. `picture` False: its own is too much for it."""

    quality: LineQuality
    rtt_ms: float | None
    loss: float | None
    picture: bool = True


@dataclass(frozen=True, slots=True)
class PageId:
    """A name that the page gave itself when it was loaded."""

    id: str


@dataclass(frozen=True, slots=True)
class Invite:
    """The physician invites one more: open `room` for whoever presents the token whose hash is `host`."""

    room: str
    host: str


@dataclass(frozen=True, slots=True)
class Uninvite:
    """Nobody is invited any more."""


PageMessage = Seen | PageId | Request | Keep | Point | ClipWanted | Ping | Line | Invite | Uninvite


def decode(text: object) -> PageMessage | None:
    """One message of the page; None for a type that a newer page may know. Raises CallError(BAD_MESSAGE)."""
    if not isinstance(text, str) or len(text) > TEXT_MAX:
        raise CallError(CallReason.BAD_MESSAGE, "not text, or too long")
    try:
        return _decode(json.loads(text))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CallError(CallReason.BAD_MESSAGE, f"{type(error).__name__}: {error}") from error


def _decode(message: dict[str, object]) -> PageMessage | None:
    if not isinstance(message, dict) or message.get("v") != VERSION:
        raise ValueError("not a message of version 1")
    match message.get("type"):
        case "seen":
            return Seen(_ids(message["ids"]))
        case "page":
            return PageId(str(_ping_id(message["id"])))
        case "request":
            return Request(_subject(message["what"]), _flag(message["on"]))
        case "keep":
            return Keep(_subject(message["what"]), _site(message.get("site", "")))
        case "point":
            return Point(_site(message["site"]))
        case "clip_wanted":
            return ClipWanted(_id(message["id"]), _count(message.get("first", 0)))
        case "ping":
            return Ping(_ping_id(message["id"]))
        case "invite":
            return Invite(_word(message["room"], _ROOM), _word(message["host"], _HASH))
        case "uninvite":
            return Uninvite()
        case "line":
            quality = LineQuality(str(message["quality"]))
            rtt_ms, loss = _number(message.get("rtt_ms")), _number(message.get("loss"))
            return Line(quality, rtt_ms, loss, _flag(message.get("picture", True)))
    return None


def _ids(value: object) -> tuple[UUID, ...]:
    if not isinstance(value, list) or len(value) > _IDS_MAX:
        raise ValueError("ids")
    return tuple(UUID(item) for item in value if isinstance(item, str))


def _subject(value: object) -> str:
    if value not in _SUBJECTS:
        raise ValueError("what")
    return str(value)


def _site(value: object) -> str:
    return str(BodyPoint(str(value))) if value != "" else ""


def _id(value: object) -> UUID:
    if not isinstance(value, str):
        raise ValueError("id")
    return UUID(value)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _CHUNKS_MAX:
        raise ValueError("count")
    return value


def _word(value: object, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError("a word")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("on")
    return value


def _ping_id(value: object) -> str | int:
    if isinstance(value, bool) or not isinstance(value, str | int) or len(str(value)) > _PING_MAX:
        raise ValueError("id")
    return value


def _number(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e6:
        raise ValueError("number")
    return float(value)
