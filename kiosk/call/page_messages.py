"""What the physician's page says on the live data channel, read with suspicion (docs/live-data.md). Pure."""

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from kiosk.body_points import BodyPoint, Ear
from kiosk.call.errors import CallError, CallReason
from kiosk.call.wire import VERSION
from kiosk.events import LineQuality

TEXT_MAX = 16 * 1024
_IDS_MAX = 512
_PING_MAX = 64
_CHUNKS_MAX = 100_000
_SUBJECTS = ("otoscope", "stethoscope")
_ROOM = re.compile(r"[A-Za-z0-9_-]{16,64}")
_HASH = re.compile(r"[A-Za-z0-9_-]{43}")


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


@dataclass(frozen=True, slots=True)
class Leave:
    """The physician leaves on purpose: no cut."""


PageMessage = Seen | PageId | Request | Keep | Point | ClipWanted | Ping | Line | Invite | Uninvite | Leave


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
            what = _subject(message["what"])
            places = Ear if what == "otoscope" else BodyPoint
            return Keep(what, _site(message.get("site", ""), places))
        case "point":
            return Point(_site(message["site"], BodyPoint))
        case "clip_wanted":
            return ClipWanted(_id(message["id"]), _count(message.get("first", 0)))
        case "ping":
            return Ping(_ping_id(message["id"]))
        case "invite":
            return Invite(_word(message["room"], _ROOM), _word(message["host"], _HASH))
        case "uninvite":
            return Uninvite()
        case "leave":
            return Leave()
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


def _site(value: object, places: type[StrEnum]) -> str:
    return str(places(str(value))) if value != "" else ""


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
