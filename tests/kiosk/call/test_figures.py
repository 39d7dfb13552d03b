"""Figures of a call: true ones of a true connection, and nothing in them that could name a patient."""

import types
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from kiosk.call.figures import CallFigures, Codec, RelayFigures, Way
from kiosk.call.streams import VoiceMode
from kiosk.events import CallPhase
from kiosk.session import LineMinute
from tests.fakes.call_bench import bench
from tests.fakes.physician import Physician

_HARMLESS = (int, float, bool, datetime, type(None))
_NAMES_OF_MACHINES = {(RelayFigures, "host")}


def offending(record: type, path: str = "") -> Iterator[str]:
    """The fields that could hold a word about somebody."""
    hints = get_type_hints(record)
    for field in fields(record):
        if (record, field.name) not in _NAMES_OF_MACHINES:
            yield from _offending_type(hints[field.name], f"{path}{record.__name__}.{field.name}")


def _offending_type(kind: Any, path: str) -> Iterator[str]:
    if get_origin(kind) in (types.UnionType, Union):
        for one in get_args(kind):
            yield from _offending_type(one, path)
    elif isinstance(kind, type) and is_dataclass(kind):
        yield from offending(kind, f"{path} > ")
    elif kind not in _HARMLESS and not (isinstance(kind, type) and issubclass(kind, Enum)):
        yield path


@pytest.mark.parametrize("record", [LineMinute, CallFigures])
def test_nothing_of_the_patient_fits_in(record: type) -> None:
    assert list(offending(record)) == []


@dataclass
class _Patient:
    family: str


@dataclass
class _Leaks:
    kbps: int
    patient: _Patient | None
    words: tuple[str, ...]
    link: str | None


def test_a_name_that_slips_in_would_be_found() -> None:
    assert list(offending(_Leaks)) == [
        "_Leaks.patient > _Patient.family",
        "_Leaks.words",
        "_Leaks.link",
    ]


async def test_a_call_tells_its_figures_until_it_ends(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        waiting = kiosk.call.figures()
        assert waiting == CallFigures(CallPhase.WAITING)
        async with Physician(kiosk.link, kiosk.context) as physician:
            await kiosk.until_phase(CallPhase.CONNECTED)
            kiosk.call.set_media(otoscope=True, stethoscope=False)
            await physician.until(lambda: physician.heard[2].frames > 5)
            await kiosk.until(lambda: len(kiosk.loudspeaker.pieces) > 25)
            seen = kiosk.call.figures()
            _check(seen)
        await kiosk.call.close()
        assert kiosk.call.figures() is None


def _check(seen: CallFigures | None) -> None:
    assert seen is not None and seen.sending is not None and seen.heard is not None
    assert (seen.phase, seen.way, seen.relay) == (CallPhase.CONNECTED, Way.DIRECT, None)
    sending = seen.sending
    assert sending.line.allowed_kbps >= 30 and sending.line.carried_kbps > 30
    assert sending.codec in Codec and sending.voice is VoiceMode.FULL
    assert 0 < sending.processor_percent <= 100
    assert sending.face is not None and sending.otoscope is not None
    assert sending.face.width > sending.face.height > 0 and sending.face.target_kbps > 0
    assert 0 <= seen.heard.concealed_percent <= 100
