"""What the kiosk says on the live data channels, as JSON text (docs/live-data.md). Pure."""

import base64
import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from devices.reading import Attachment, Quantity, Reading, Waveform
from drivers.instrument import InstrumentStatus

VERSION = 1
PART_CHARACTERS = 800


def _encode(type_: str, /, **fields: object) -> str:
    return json.dumps({"v": VERSION, "type": type_, **fields}, ensure_ascii=False, separators=(",", ":"))


def clocks(voice: int, face: int) -> str:
    """The RTP times of one instant in the voice and in the face."""
    return _encode("clocks", voice=voice, face=face)


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
    told: dict[str, object] = {"content_type": item.content_type, "bytes": len(item.data), "site": item.site}
    if item.turned_deg or item.mirrored:
        told |= {"turned_deg": item.turned_deg, "mirrored": item.mirrored}
    return told


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
        **({"also": [kind.value for kind in item.also]} if item.also else {}),
    }


def media(otoscope: bool, stethoscope: bool, muted: bool, stethoscope_live: bool, sound: str) -> str:
    """`stethoscope_live` False: its sound is recorded and sent, the line cannot carry it as it is heard.

    `sound`: a `SoundQuality`.
    """
    return _encode(
        "media",
        otoscope=otoscope,
        stethoscope=stethoscope,
        muted=muted,
        stethoscope_live=stethoscope_live,
        sound=sound,
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
