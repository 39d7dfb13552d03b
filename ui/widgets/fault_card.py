"""On the first screen: which part is out of order, what to do, and a button to see whether it helped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from ui.text.selftest import helper_text, made_at_text
from ui.widgets.parts import button, label

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.selftest.report import Report
    from ui.text.table import TechnicianText


class FaultCard(QFrame):
    """Shown while the last report has a red line. `run` starts another check."""

    def __init__(self, text: TechnicianText, run: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName("row")
        self.setProperty("tone", "trouble")
        self._text = text
        self._run = run
        line = QHBoxLayout(self)
        line.setContentsMargins(20, 12, 20, 12)
        line.setSpacing(20)
        column = QVBoxLayout()
        self.sentence = label("", "heading")
        self._when = ""
        self._below = label("", "small")
        self._again = button(text.run, "selftest_again", self._start)
        column.addWidget(self.sentence)
        column.addWidget(self._below)
        line.addLayout(column, 1)
        line.addWidget(self._again)

    def show_report(self, report: Report) -> None:
        self._when = made_at_text(report, self._text)
        self.sentence.setText(helper_text(report, self._text))
        self.setAccessibleName(self.sentence.text())
        self.setVisible(report.red)
        self.end()

    def end(self) -> None:
        """No check runs any more, whatever came of it."""
        self._again.setEnabled(True)
        self._below.setText(self._when)

    def _start(self) -> None:
        self._again.setEnabled(False)
        self._below.setText(self._text.running)
        self._run()
