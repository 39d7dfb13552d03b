"""What is judged without asking anybody: sound, printers, clock, line, and which part is to blame."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest

from drivers.chunks import RATE_HZ, Samples
from drivers.levels import measure_level
from kiosk.call.reaching.choice import Answer, Failure
from kiosk.call.reaching.servers import TurnServer
from kiosk.call.reaching.urls import parse_url
from kiosk.selftest.causes import name_once
from kiosk.selftest.clock import check_clock
from kiosk.selftest.daily import is_due, touch_check
from kiosk.selftest.instruments import PARTS
from kiosk.selftest.line import judge_line
from kiosk.selftest.network import Asked, Heard
from kiosk.selftest.printer import read_printers
from kiosk.selftest.relays import judge_relays
from kiosk.selftest.report import (
    FORMAT,
    Check,
    Part,
    Problem,
    Report,
    Verdict,
    Zone,
    amber,
    green,
    red,
    skipped,
)
from kiosk.selftest.tone import LOOK_S, TONE_HZ, find_tone, is_heard, make_tone

NOON = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
_AT_S = np.arange(round(RATE_HZ * LOOK_S)) / RATE_HZ


def noise(rms: float) -> Samples:
    return np.asarray(np.random.default_rng(3).standard_normal(len(_AT_S)) * rms, dtype=np.int16)


def sine(hz: float, amplitude: float) -> Samples:
    return np.asarray(amplitude * np.sin(2 * np.pi * hz * _AT_S), dtype=np.int16)


def heard(during: Samples, before: Samples) -> bool:
    return is_heard(find_tone(during), find_tone(before))


def test_the_tone_is_known_by_its_pitch_and_not_by_loudness() -> None:
    room = noise(30)
    assert heard(room + sine(TONE_HZ, 60), room), "quieter than what a loudspeaker gives across a room"
    assert heard(noise(300) + sine(TONE_HZ, 600), noise(300)), "somebody hoovers next door"
    assert not heard(room, room)
    assert not heard(noise(8000), room), "a door bangs"
    assert not heard(sine(TONE_HZ * 44.1 / 48, 4000), room), "played at another rate"
    assert not heard(sine(440, 8000), room)
    assert not heard(sine(TONE_HZ, 500), sine(TONE_HZ, 450)), "it was there before"


def test_the_tone_that_is_played_is_quiet_and_is_the_one_that_is_looked_for() -> None:
    tone = make_tone()
    found = find_tone(tone[: len(_AT_S)])
    assert heard(tone[: len(_AT_S)], noise(10))
    assert found.level_dbfs == pytest.approx(measure_level(tone).rms_dbfs, abs=2.0)
    assert -30 < found.level_dbfs < -18


# As cups-client 2.4.2 prints it, shortened in the lines that nobody reads.
PRINTERS = """\
printer Accueil is idle.  enabled since Sat Nov 28 22:31:30 2026
	Form mounted:
	Content types: any
	Description: Accueil
	Alerts: none
	Connection: direct
printer Bureau disabled since Sat Nov 28 22:31:30 2026 -
	Paper jam
	Form mounted:
	Description: Bureau
	Alerts: paused
printer Etage is idle.  enabled since Sat Nov 28 22:31:30 2026
	Alerts: offline-report
printer Salle now printing Salle-12.  enabled since Sat Nov 28 22:31:30 2026
	Alerts: media-empty-error toner-low-report
"""


def test_printers_are_read_by_name() -> None:
    found = [(c.subject, c.verdict, c.problem) for c in read_printers(PRINTERS)]
    assert found == [
        ("Accueil", Verdict.GREEN, Problem.NONE),
        ("Bureau", Verdict.RED, Problem.PAUSED),
        ("Etage", Verdict.RED, Problem.NOT_FOUND),
        ("Salle", Verdict.AMBER, Problem.NEEDS_ATTENTION),
    ]
    assert list(read_printers("lpstat: No destinations added.\n")) == []


@pytest.mark.parametrize(
    ("ahead_s", "synchronised", "verdict", "problem"),
    [
        (None, None, Verdict.GREEN, Problem.NONE),
        (29.0, True, Verdict.GREEN, Problem.NONE),
        (-31.0, True, Verdict.AMBER, Problem.WRONG_TIME),
        (301.0, True, Verdict.RED, Problem.WRONG_TIME),
        (0.0, False, Verdict.AMBER, Problem.NOT_SYNCHRONISED),
    ],
)
def test_the_clock_is_compared_with_a_servers(
    ahead_s: float | None, synchronised: bool | None, verdict: Verdict, problem: Problem
) -> None:
    check = check_clock(ahead_s, synchronised, NOON)
    assert (check.verdict, check.problem) == (verdict, problem)


def test_a_clock_from_before_this_program_is_wrong_by_itself() -> None:
    assert check_clock(None, True, datetime(2020, 1, 1, tzinfo=UTC)).verdict is Verdict.RED


def asked(host: str, heard: Heard) -> Asked:
    return Asked(green(Part.FHIR), host, heard)


@pytest.mark.parametrize(
    ("route", "answers", "verdict", "problem"),
    [
        (True, [asked("a", Heard.ANSWER), asked("b", Heard.NOTHING)], Verdict.GREEN, Problem.NONE),
        (False, [asked("a", Heard.ANSWER)], Verdict.GREEN, Problem.NONE),
        (False, [asked("a", Heard.NOTHING)], Verdict.RED, Problem.NO_NETWORK),
        (True, [asked("a", Heard.NOTHING), asked("b", Heard.NOTHING)], Verdict.RED, Problem.NO_ANSWER),
        (True, [asked("a", Heard.NO_WAY)], Verdict.RED, Problem.NO_ANSWER),
        (True, [asked("a", Heard.NOTHING), asked("a", Heard.NOTHING)], Verdict.SKIPPED, Problem.NOT_PROVED),
        (True, [asked("a", Heard.NOTHING), asked("b", Heard.UNASKED)], Verdict.SKIPPED, Problem.NOT_PROVED),
        (True, [asked("a", Heard.UNASKED)], Verdict.SKIPPED, Problem.NOT_PROVED),
    ],
)
def test_who_is_to_blame_the_line_or_a_server(
    route: bool, answers: list[Asked], verdict: Verdict, problem: Problem
) -> None:
    check = judge_line(route, answers)
    assert (check.part, check.verdict, check.problem) == (Part.LINE, verdict, problem)


def relay(port: int, failure: Failure | None = None) -> Answer:
    server = TurnServer(parse_url(f"turn:relay.example.org:{port}"), "name", "word")
    return Answer(server, None if failure else 12.0, failure)


@pytest.mark.parametrize(
    ("failures", "verdict", "problem"),
    [
        ([None, None], Verdict.GREEN, Problem.NONE),
        ([None, Failure.SILENT], Verdict.AMBER, Problem.SOME_DOWN),
        ([Failure.SILENT, Failure.SILENT], Verdict.RED, Problem.UNREACHABLE),
        ([Failure.SILENT, Failure.CREDENTIALS], Verdict.RED, Problem.CREDENTIAL_REFUSED),
        ([Failure.CERTIFICATE], Verdict.RED, Problem.CERTIFICATE),
    ],
)
def test_a_call_needs_one_relay(failures: list[Failure | None], verdict: Verdict, problem: Problem) -> None:
    check = judge_relays([relay(3478 + at, failure) for at, failure in enumerate(failures)])
    assert (check.part, check.verdict, check.problem) == (Part.TURN, verdict, problem)
    assert "word" not in check.detail


@pytest.mark.parametrize(
    ("cause", "followers"),
    [
        (
            red(Part.LINE, Problem.NO_NETWORK),
            [red(part, Problem.UNREACHABLE) for part in (Part.FHIR, Part.RENDEZVOUS, Part.TURN)],
        ),
        (red(Part.CLOCK, Problem.WRONG_TIME), [red(Part.FHIR, Problem.CERTIFICATE)]),
        (red(Part.DISK, Problem.NOT_WRITABLE), [red(Part.STORE, Problem.NOT_WORKING)]),
        (red(Part.KEY, Problem.KEY_READABLE_BY_OTHERS), [red(Part.STORE, Problem.WRONG_KEY_OR_DAMAGED)]),
        (red(Part.MICROPHONE, Problem.SILENT), [red(Part.SPEAKER, Problem.NOT_HEARD)]),
    ],
)
def test_what_fails_with_another_part_is_not_blamed(cause: Check, followers: list[Check]) -> None:
    others = (green(Part.FACE_CAMERA), amber(Part.TPM, Problem.NO_TPM))
    told = name_once((*followers, cause, *others))
    assert Report(told).reds == (cause,)
    assert told[-2:] == others
    for check in told[: len(followers)]:
        assert (check.verdict, check.problem) == (Verdict.SKIPPED, Problem.MEND_FIRST)
        assert check.because is cause.part
    assert name_once(followers) == tuple(followers), "alone they are to blame"


def test_a_report_comes_back_from_its_file_as_it_was() -> None:
    excused = replace(skipped(Part.FHIR, Problem.MEND_FIRST, "https://x", "T"), because=Part.LINE)
    report = Report((red(Part.LINE, Problem.NO_NETWORK), excused), NOON)
    assert Report.from_json(report.to_json()) == report
    for text in ("", "[]", "{}", '{"made_at": 1, "checks": []}', report.to_json().replace("fhir", "fax")):
        with pytest.raises(ValueError):
            Report.from_json(text)


def test_a_missed_morning_is_made_up_for() -> None:
    at = time(6, 30)

    def due(last: datetime | None, now: datetime) -> bool:
        return is_due(None if last is None else Report((), last), now, at)

    morning = NOON.replace(hour=6, minute=30)
    assert due(None, NOON), "never yet"
    assert due(morning - timedelta(days=1), morning)
    assert not due(morning - timedelta(days=1), morning - timedelta(minutes=1))
    assert not due(morning, NOON)
    assert due(morning - timedelta(minutes=1), NOON), "the technician's early one is not the morning's"
    assert due(NOON - timedelta(days=3), NOON), "it was off"
    assert not due(morning - timedelta(days=1), NOON.replace(hour=3)), "before the hour, yesterday's counts"
    assert due(NOON + timedelta(days=400), NOON), "the clock was wrong then"


def test_dead_zones_of_the_screen_are_named() -> None:
    assert touch_check((), ()).verdict is Verdict.GREEN
    dead = touch_check((Zone.TOP_LEFT, Zone.CENTRE), (Zone.TOP_RIGHT,))
    assert (dead.verdict, dead.problem, dead.subject) == (
        Verdict.RED,
        Problem.DEAD_ZONES,
        "top_left,centre",
    )
    assert touch_check((), (Zone.BOTTOM_LEFT,)).problem is Problem.BESIDE_TARGET


def test_the_document_lists_what_a_report_may_say() -> None:
    document = (Path(__file__).parents[3] / "docs" / "selftest.md").read_text(encoding="utf-8")
    instruments = set(PARTS.values())
    words = {*Verdict, *Problem, *(part for part in Part if part not in instruments)}
    assert [word for word in words if f"`{word}`" not in document] == []
    assert f'"format": {FORMAT}' in document
