"""The first screen: one big button, the languages, and whether the kiosk is ready."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from ui.screens.base import Context, Screen
from ui.text import NAMES
from ui.widgets.flow import Flow
from ui.widgets.parts import button, card, label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kiosk.events import InstrumentStatus
    from kiosk.selftest.report import Report
    from kiosk.session import Session
    from ui.widgets.fault_card import FaultCard


class Welcome(Screen):
    def __init__(self, context: Context) -> None:
        super().__init__(context)
        text = self.texts.welcome
        self.head("")
        self.start = button(text.start, "start", context.bridge.begin, "start")
        self._instruments = label("", "lead")
        self._trouble = label("", "error")
        self._delivery = label("", "lead")
        self._resume: QFrame | None = None
        self._fault: FaultCard | None = None
        self._reported: Report | None = None
        self.body.addStretch(2)
        self.body.addWidget(label(text.greeting, "display"))
        self.body.addWidget(label(text.explain, "lead"))
        self.body.addSpacing(16)
        self.body.addWidget(self.start, 0, Qt.AlignmentFlag.AlignLeading)
        self.body.addStretch(2)
        self._ready = self._readiness()
        self.body.addWidget(self._ready)
        self.body.addStretch(1)
        technician = button(text.technician, "technician", context.shell.open_technician, "quiet")
        self.foot(technician, start=tuple(self._language(code) for code in NAMES))
        self.refresh()

    def refresh(self) -> None:
        ready = self.context.bridge.is_ready
        if ready and not self.start.isEnabled():
            self.start.setEnabled(True)
            self.focus_first()
        self.start.setEnabled(ready)
        self.start.setText(self.texts.welcome.start if ready else self.texts.welcome.preparing)
        self.start.setAccessibleName(self.start.text())
        if ready:
            self._show_instruments()
            self._show_delivery()
            self._show_fault()
        self._show_resume(self.context.state.resume)

    def focus_first(self) -> None:
        resume = self.findChild(QPushButton, "resume_yes")
        (resume if isinstance(resume, QPushButton) else self.start).setFocus()

    def _readiness(self) -> QWidget:
        frame, column = card(tone="soft")
        for line in (self._instruments, self._trouble, self._delivery):
            column.addWidget(line)
            line.hide()  # nothing is known yet
        return frame

    def _language(self, code: str) -> QPushButton:
        made = button(NAMES[code], f"language_{code}", lambda: self.context.shell.set_language(code))
        made.setCheckable(True)
        made.setChecked(code == self.texts.code)
        made.setAccessibleDescription(self.texts.welcome.language)
        return made

    def _show_instruments(self) -> None:
        from ui.instruments import in_trouble, listed, working

        known, text = self.context.state.instruments, self.texts.welcome
        names = self._names(i for i in listed(known) if i in working(known))
        self._instruments.setText(
            text.instruments_ready.format(names=names) if names else text.instruments_none
        )
        self._instruments.show()
        trouble = self._names(in_trouble(known))
        self._trouble.setText(text.instruments_trouble.format(names=trouble))
        self._trouble.setVisible(bool(trouble))

    def _names(self, instruments: Iterable[InstrumentStatus]) -> str:
        """Each kind once, with how many there are."""
        text = self.texts.reading
        counts = Counter(kind for instrument in instruments for kind in instrument.kinds)
        return text.comma.join(text.kinds[k] + (f" ({n})" if n > 1 else "") for k, n in counts.items())

    def _show_delivery(self) -> None:
        delivery, text = self.context.state.delivery, self.texts.welcome
        if not delivery.waiting:
            sentence = text.delivery_done
        else:
            sentence = text.delivery_waits if delivery.online else text.delivery_offline
        self._delivery.setText(sentence.format(count=delivery.waiting))
        self._delivery.show()

    def _show_fault(self) -> None:
        """What the kiosk found out of order when it last looked after itself."""
        report, bridge = self.context.state.report, self.context.bridge
        if self._fault is None and report is not None and report.red:
            from ui.widgets.fault_card import FaultCard

            self._fault = FaultCard(self.texts.technician, bridge.run_selftest)
            bridge.selftest_done.connect(self._fault.end)
            bridge.command_failed.connect(self._fault.end)
            self.body.insertWidget(self.body.indexOf(self._ready), self._fault)
        if self._fault is not None and report is not None and report is not self._reported:
            self._fault.show_report(report)
        self._reported = report

    def _show_resume(self, session: Session | None) -> None:
        if session is None or self._resume is not None:
            return
        from ui.text.reading import time_text

        text = self.texts.welcome
        self._resume, column = card(tone="attention")
        column.addWidget(label(text.resume_title, "heading"))
        time = time_text(session.opened_at)[:5]
        column.addWidget(label(text.resume_when.format(time=time, initials=self._initials(session)), "lead"))
        column.addWidget(label(text.resume_explain))
        answers = Flow()
        answers.addWidget(button(text.resume_yes, "resume_yes", lambda: self._answer(True), "primary"))
        answers.addWidget(button(text.resume_no, "resume_no", lambda: self._answer(False)))
        column.addLayout(answers)
        self.body.insertWidget(0, self._resume)
        self.start.hide()
        self.focus_first()

    def _initials(self, session: Session) -> str:
        if session.patient is None:
            return self.texts.welcome.resume_unknown
        return " ".join(f"{name[:1].upper()}." for name in (session.patient.given, session.patient.family))

    def _answer(self, accept: bool) -> None:
        self.context.state.resume = None
        if self._resume is not None:
            self._resume.hide()
            self._resume.deleteLater()
            self._resume = None
        self.start.show()
        self.start.setFocus()
        self.context.bridge.resume(accept)
