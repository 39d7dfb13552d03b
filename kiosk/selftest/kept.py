"""The last report of a running kiosk, in a file of its data folder: it survives a restart."""

from pathlib import Path

from kiosk.selftest.report import Report
from offline_queue.files import replace


def keep_report(report: Report, file: Path) -> None:
    """All of it or nothing, also when the machine is switched off meanwhile. Raises OSError."""
    replace(file, report.to_json().encode())


def kept_report(file: Path) -> Report | None:
    """None when there is none, or none that this version can read."""
    try:
        return Report.from_json(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
