"""The printers that CUPS knows. A site that has none reads nothing of them."""

import re
from collections.abc import Iterator

from kiosk.command import run
from kiosk.selftest.report import Check, Part, Problem, amber, green, red

_HARMLESS = {"none", "cups-waiting-for-job-completed", "job-printing"}


async def check_printers() -> tuple[Check, ...]:
    """One check each; none without CUPS, without a printer, or while CUPS itself does not answer."""
    said = await run("lpstat", "-l", "-p")
    return tuple(read_printers(said.text)) if said is not None and said.code == 0 else ()


def read_printers(text: str) -> Iterator[Check]:
    """What `lpstat -l -p` prints in English (CUPS 2.x): a line for each printer, indented ones after it."""
    for block in re.split(r"^(?=printer )", text, flags=re.MULTILINE):
        head = re.match(r"printer (\S+) (.*)", block)
        if head is not None:
            alerts = re.search(r"^\s+Alerts: *(.*)$", block, re.MULTILINE)
            yield _judge(head[1], head[2], alerts[1].split() if alerts else [])


def _judge(name: str, state: str, alerts: list[str]) -> Check:
    serious = [alert for alert in alerts if alert not in _HARMLESS and not alert.endswith("-report")]
    detail = " ".join(alerts)
    if "offline-report" in alerts:
        return red(Part.PRINTER, Problem.NOT_FOUND, name, detail)
    if state.startswith("disabled"):
        return red(Part.PRINTER, Problem.PAUSED, name, detail)
    if serious:
        return amber(Part.PRINTER, Problem.NEEDS_ATTENTION, name, detail)
    return green(Part.PRINTER, name)
