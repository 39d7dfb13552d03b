"""Reads `tests/vectors/<module>.toml` and writes decoder events as short lines that a vector can hold.

A `[[frame]]` is one frame of a protocol and the object it decodes to. A `[[stream]]` is what a fresh decoder
is fed, in pieces (`count` times each), and the lines of the events it must answer with. A decoder that leads
begins by itself (`pairing`). Where several characteristics speak, the file gives each a short name, with
which its pieces begin.
"""

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devices.device import Decoder, Leading
from devices.event import (
    Battery,
    ClockShown,
    Done,
    Event,
    Measured,
    Recalled,
    Rejected,
    Samples,
    Send,
    Signal,
)
from devices.pictures import Picture, Pressed
from devices.reading import Quantity

FOLDER = Path(__file__).parent.parent / "vectors"


@dataclass(frozen=True)
class Frame:
    protocol: str
    data: bytes
    expected: dict[str, object]
    source: str
    whole_at: tuple[int, ...]
    """Lengths at which its beginning is a frame as well."""


@dataclass(frozen=True)
class Stream:
    name: str
    pieces: tuple[tuple[str, bytes], ...]
    """The characteristic that speaks, and what it says."""
    events: tuple[str, ...]
    pairing: bool


def frames(module: str) -> list[Frame]:
    return [
        Frame(
            entry["protocol"],
            bytes.fromhex(entry["hex"]),
            json.loads(entry["expected"]),
            entry["source"],
            tuple(entry.get("whole_at", ())),
        )
        for entry in _table(module).get("frame", [])
    ]


def streams(module: str) -> list[Stream]:
    table = _table(module)
    named = table.get("characteristics", {})
    return [
        Stream(
            entry["name"],
            tuple(_piece(text, named, entry.get("characteristic", "")) for text in entry["hex"])
            * entry.get("times", 1),
            tuple(entry["events"]),
            entry.get("pairing", False),
        )
        for entry in table.get("stream", [])
    ]


def _piece(text: str, named: dict[str, str], usual: str) -> tuple[str, bytes]:
    name, _, data = text.rpartition(": ")
    return named[name] if name else usual, bytes.fromhex(data)


def play(decoder: Decoder, stream: Stream) -> list[Event]:
    """What a fresh decoder says."""
    events = decoder.begin(stream.pairing) if isinstance(decoder, Leading) else []
    return events + [event for source, piece in stream.pieces for event in decoder.feed(piece, source)]


def _table(module: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{module}.toml").read_text(encoding="utf-8"))


def lines(events: Iterable[Event]) -> tuple[str, ...]:
    return tuple(_line(event) for event in events)


def _line(event: Event) -> str:
    if isinstance(event, Signal):
        return f"signal {event.state.value}"
    if isinstance(event, Battery):
        left = "" if event.percent is None else f" {event.percent} %"
        return f"battery{left}" + (" low" if event.is_low else "")
    if isinstance(event, Send):
        return f"send {event.command.hex()}"
    if isinstance(event, ClockShown):
        return f"clock {event.device_now.isoformat()}"
    if isinstance(event, Recalled):
        return f"recalled {event.outcome.value}"
    if isinstance(event, Done):
        return f"done {event.outcome.value}"
    if isinstance(event, Rejected):
        return f"rejected {event.reason}"
    if isinstance(event, Samples):
        numbers = " ".join(map(str, event.samples))
        return f"samples {event.metric.key} {numbers}" + (" after a gap" if event.gap else "")
    if isinstance(event, Picture):
        return f"picture {event.width} x {event.height}, {len(event.jpeg)} bytes"
    if isinstance(event, Pressed):
        return "pressed"
    return _measured(event)


def _measured(event: Measured) -> str:
    by = () if event.kind is None else (f"by {event.kind.value}:",)
    parts = ["measured", *by, *map(_number, event.quantities), *sorted(mark.value for mark in event.quality)]
    return " ".join(parts) + (f" at {event.device_time.isoformat()}" if event.device_time else "")


def _number(quantity: Quantity) -> str:
    return f"{quantity.metric.key}={quantity.absent.value if quantity.absent else quantity.value}"
