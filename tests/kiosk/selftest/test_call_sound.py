"""A machine without libopus: said plainly, in every language, and no reason to refuse a consultation."""

import ctypes.util

import pytest

from kiosk.selftest.call_sound import check_call_sound
from kiosk.selftest.report import Part, Problem, Report, Verdict, green
from ui.text.selftest import report_text


def test_it_is_there() -> None:
    assert check_call_sound() == green(Part.CALL_SOUND)


@pytest.mark.parametrize(
    ("language", "name"), [("fr", "Son de l'appel"), ("en", "Sound of the call"), ("ar", "صوت المكالمة")]
)
def test_it_is_missing(monkeypatch: pytest.MonkeyPatch, language: str, name: str) -> None:
    monkeypatch.setattr(ctypes.util, "find_library", lambda wanted: "libopus-of-nobody.so.0")
    check = check_call_sound()
    assert (check.verdict, check.problem) == (Verdict.AMBER, Problem.LIBRARY_MISSING)
    report = Report((check,))
    assert not report.red
    text = report_text(report, language)
    assert name in text
    assert "apt install libopus0" in text
    assert Report.from_json(report.to_json()).checks == (check,)
