"""A self-test report in words, one line a part: for the terminal and for the technician's screen."""

from kiosk.selftest.report import Check, Problem, Report
from ui.text import texts
from ui.text.table import TechnicianText


def check_name(check: Check, text: TechnicianText) -> str:
    """The part, and which one where the kiosk knows it."""
    name = text.parts[check.part]
    return f"{name} ({check.subject})" if check.subject else name


def check_advice(check: Check, text: TechnicianText) -> str:
    """What to do; empty when nothing is to be done."""
    return "" if check.problem is Problem.NONE else text.problems[check.problem]


def report_text(report: Report, language: str) -> str:
    """One line for each part: verdict, part, what to do, then the detail for support."""
    text = texts(language).technician
    return "\n".join(_line(check, text) for check in report.checks)


def _line(check: Check, text: TechnicianText) -> str:
    end = [check_advice(check, text), f"[{check.detail}]" if check.detail else ""]
    return " ".join(
        part for part in (f"{text.verdicts[check.verdict]:<14}", check_name(check, text), *end) if part
    )
