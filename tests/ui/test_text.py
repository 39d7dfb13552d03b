"""Every language says everything, in words for people."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import pytest

from devices.metrics import ALL_METRICS
from devices.reading import Absent, Kind, Quality
from kiosk.call.figures import Way
from kiosk.call.streams import VoiceMode
from kiosk.events import (
    CallPhase,
    CheckPart,
    CheckReason,
    InstrumentState,
    Light,
    LineQuality,
    NoticeReason,
    Reason,
    SoundQuality,
)
from kiosk.selftest.report import Part, Problem, Verdict, Zone
from kiosk.session import Sex
from tests.fakes.call_bench import PAGE_DIR
from ui.reasons import BlockReason, FieldFault, Step, block_reason
from ui.text import NAMES, texts
from ui.text.table import Table, Texts, WelcomeText

MAY_BE_EMPTY = {Reason.NONE, Problem.NONE, CheckReason.NONE, "1"}
PROGRAMMERS = re.compile(
    r"\b(error|erreur|exception|timeout|null|none|undefined|token|payload|json|http|debug|lorem|todo|socket)\b",
    re.IGNORECASE,
)
NOT_OF_A_CLIP = (
    (Kind.HEART_RATE_MONITOR, Reason.SENSOR_OFF),
    (Kind.HEART_RATE_MONITOR, Reason.SEARCHING),
    (Kind.SCALE, Reason.SEARCHING),
)
languages = pytest.mark.parametrize("code", NAMES)


def _sentences(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in MAY_BE_EMPTY:
                yield from _sentences(inner, f"{path}[{key}]")
    elif isinstance(value, tuple):
        for number, inner in enumerate(value):
            yield from _sentences(inner, f"{path}[{number}]")
    elif isinstance(value, Texts):
        for table in (vars(value), vars(value._later)):
            yield from (found for name in table for found in _sentences(table[name], f"{path}.{name}"))
    elif isinstance(value, Table):
        for name, inner in vars(value).items():
            yield from _sentences(inner, f"{path}.{name}")


@languages
def test_every_reason_has_a_sentence(code: str) -> None:
    text = texts(code)
    tables: tuple[tuple[type[StrEnum], Mapping[Any, str]], ...] = (
        (Reason, text.instrument.reasons),
        (InstrumentState, text.instrument.states),
        (NoticeReason, text.notices),
        (BlockReason, text.blocked.reasons),
        (FieldFault, text.identity.faults),
        (Sex, text.identity.sexes),
        (Step, text.consultation.steps),
        (CallPhase, text.consultation.phases),
        (LineQuality, text.consultation.lines),
        (SoundQuality, text.consultation.sounds),
        (CheckPart, text.call_check.parts),
        (Light, text.call_check.lights),
        (CheckReason, text.call_check.reasons),
        (Kind, text.reading.kinds),
        (Quality, text.reading.quality),
        (Absent, text.reading.absent),
        (Part, text.technician.parts),
        (Problem, text.technician.problems),
        (Verdict, text.technician.verdicts),
        (Zone, text.technician.zones),
        (Way, text.call_figures.ways),
        (VoiceMode, text.call_figures.voices),
    )
    for enum, table in tables:
        missing = [m for m in enum if m not in table or (m not in MAY_BE_EMPTY and not table[m].strip())]
        assert not missing, enum.__name__
    assert set(Kind) - {Kind.CAMERA, Kind.MICROPHONE, Kind.UNKNOWN} == set(text.closing.disinfect_how), (
        "what touches people"
    )
    assert set(ALL_METRICS) <= set(text.reading.metrics)
    assert {metric.ucum for metric in ALL_METRICS.values()} <= set(text.reading.units)


@languages
def test_what_a_cuff_complains_of_says_what_to_do(code: str) -> None:
    marks = [Quality.MOTION, Quality.CUFF_LOOSE, Quality.IRREGULAR_PULSE, Quality.BAD_POSITION]
    marks += [mark for mark in Quality if mark.value.startswith("cuff_")]
    marks += [Quality.NO_PULSE, Quality.OVERPRESSURE, Quality.TOOK_TOO_LONG, Quality.STOPPED]
    marks += [Quality.OUT_OF_RANGE, Quality.PULSE_OUT_OF_RANGE, Quality.LOW_BATTERY, Quality.DEVICE_FAULT]
    for mark in marks:
        what, _, to_do = texts(code).reading.quality[mark].partition(":")
        assert what.strip() and to_do.strip(), mark


@languages
def test_nothing_is_blank_and_no_word_is_a_programmers(code: str) -> None:
    for path, sentence in _sentences(texts(code)):
        assert sentence.strip() or path.endswith(".comma"), path
        assert not PROGRAMMERS.search(sentence), (path, sentence)


@languages
def test_placeholders_are_those_of_the_first_language(code: str) -> None:
    def names(text: Texts) -> dict[str, list[str]]:
        return {path: sorted(re.findall(r"{(\w+)}", words)) for path, words in _sentences(text)}

    assert names(texts(code)) == names(texts("fr"))


@languages
def test_the_consent_says_what_the_law_wants_said(code: str) -> None:
    text = texts(code)
    assert text.consent_version.startswith(f"{code}-")
    assert len(text.consent.split("\n\n")) == 5
    assert "112" in text.consent


@languages
def test_the_physicians_page_has_words_for_all_that_an_instrument_says(code: str) -> None:
    words = (PAGE_DIR / f"strings_{code}.js").read_text(encoding="utf-8")
    wanted = [f"quality.{mark}" for mark in Quality] + [f"kind.{kind}" for kind in Kind]
    wanted += [f"reason.{reason}" for reason in Reason if reason is not Reason.NONE]
    wanted += [f"reason.{reason}.{kind}" for kind, reason in NOT_OF_A_CLIP]
    assert [key for key in wanted if words.count(f'"{key}":') != 1] == []


@languages
def test_what_has_no_clip_is_not_told_of_a_finger_or_a_pulse(code: str) -> None:
    text = texts(code).instrument
    assert set(NOT_OF_A_CLIP) < set(text.own_reasons)


@languages
def test_the_helper_is_told_no_command(code: str) -> None:
    assert not [words for words in texts(code).blocked.reasons.values() if "telecabine" in words]


def test_block_reasons_cover_those_of_the_store() -> None:
    from offline_queue.errors import OutboxReason

    on_request = {OutboxReason.CONFLICT.value, OutboxReason.NO_CHIP.value}
    at_start = {reason.value for reason in OutboxReason} - on_request
    assert at_start <= {block_reason(value).value for value in at_start}
    assert block_reason("something new") is BlockReason.START_FAILED


def test_an_unknown_language_gives_french() -> None:
    assert texts("xx").code == "fr"


def test_a_table_with_a_sentence_missing_is_refused() -> None:
    with pytest.raises(TypeError, match="explain"):
        WelcomeText(greeting="Bonjour")  # type: ignore[call-arg]
