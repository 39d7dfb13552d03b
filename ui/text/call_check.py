"""The check before a call in words: one sentence for the helper, a line a part for the technician."""

from kiosk.events import CallCheck, CheckReason, Light, PartCheck
from ui.text.table import CallCheckText


def sentence(check: CallCheck, text: CallCheckText) -> tuple[Light, str]:
    """The worst that was found, with what to do; while it runs, only what is found already counts."""
    worst = check.worst
    if worst.reason is CheckReason.NONE and check.running:
        return Light.UNKNOWN, text.running
    if worst.reason is not CheckReason.NONE:
        return worst.light, text.reasons[worst.reason]
    return worst.light, text.good if worst.light is Light.GREEN else text.unsure


def part_text(part: PartCheck, text: CallCheckText) -> tuple[str, str]:
    """Name and what to do; the latter is empty when nothing is to be done."""
    return text.parts[part.part], text.reasons[part.reason] if part.reason is not CheckReason.NONE else ""
