"""A self-test report in words, one line a part: for the terminal and for the screens."""

from kiosk.selftest.report import Check, Part, Problem, Report, Zone
from ui.text import texts
from ui.text.table import TechnicianText

_NEEDED = (
    Part.STORE,
    Part.DISK,
    Part.LINE,
    Part.RENDEZVOUS,
    Part.TURN,
    Part.FACE_CAMERA,
    Part.MICROPHONE,
    Part.SPEAKER,
)


def check_name(check: Check, text: TechnicianText) -> str:
    """The part, and which one where the kiosk knows it."""
    name = text.parts[check.part]
    return f"{name} ({_subject(check, text)})" if check.subject else name


def check_advice(check: Check, text: TechnicianText) -> str:
    """What to do; empty when nothing is to be done."""
    if check.problem is Problem.NONE:
        return ""
    first = text.parts[check.because] if check.because is not None else ""
    return text.problems[check.problem].format(part=first)


def made_at_text(report: Report, text: TechnicianText) -> str:
    return text.made_at.format(time=f"{report.made_at.astimezone():%d/%m/%Y %H:%M}")


def helper_text(report: Report, text: TechnicianText) -> str:
    """For the first screen: what matters most of all that is red, and what to do; empty when nothing is."""
    if not report.reds:
        return ""
    check, *others = sorted(report.reds, key=_weight)
    sentence = text.out_of_order.format(part=text.parts[check.part], advice=check_advice(check, text))
    return f"{sentence} {text.others.format(count=len(others))}" if others else sentence


def _weight(check: Check) -> int:
    """What no consultation can do without comes first, then everything as the report has it."""
    return _NEEDED.index(check.part) if check.part in _NEEDED else len(_NEEDED)


def report_text(report: Report, language: str) -> str:
    """When it was made, then a line for each part: verdict, part, what to do, the detail for support."""
    text = texts(language).technician
    return "\n".join((made_at_text(report, text), *(_line(check, text) for check in report.checks)))


def _subject(check: Check, text: TechnicianText) -> str:
    if check.part is not Part.SCREEN:
        return check.subject
    return ", ".join(text.zones[Zone(zone)] for zone in check.subject.split(","))


def _line(check: Check, text: TechnicianText) -> str:
    end = [check_advice(check, text), f"[{check.detail}]" if check.detail else ""]
    return " ".join(
        part for part in (f"{text.verdicts[check.verdict]:<14}", check_name(check, text), *end) if part
    )
