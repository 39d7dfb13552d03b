"""Information and consent: the whole text, and two answers of the same weight."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QPushButton

from kiosk.session import Patient
from ui.screens.base import Context, Screen
from ui.widgets.parts import button, label, row


class ConsentScreen(Screen):
    def __init__(self, context: Context) -> None:
        super().__init__(context, readable=True)
        text = self.texts.consent_screen
        self.head(text.title, 2)
        session = context.state.session
        if session is not None and session.patient is not None:
            correct = button(text.correct, "correct", context.shell.correct_identity)
            self.body.addLayout(self._who(session.patient, correct))
        self.body.addWidget(label(text.explain, "soft"))
        for part in self.texts.consent.strip().split("\n\n"):
            self._add_part(part)
        self.body.addStretch(1)
        self.accept = button(text.accept, "accept", lambda: self._answer(True))
        self.refuse = button(text.refuse, "refuse", lambda: self._answer(False))
        for choice in (self.accept, self.refuse):
            choice.setMinimumWidth(260)
        self.area.setAccessibleName(self.texts.consent)
        self.foot(self.refuse, self.accept)

    def focus_first(self) -> None:
        self.area.setFocus()

    def _who(self, patient: Patient, correct: QPushButton) -> QBoxLayout:
        """The name, and a way back while it can still be corrected."""
        line = row()
        line.addWidget(label(self._name(patient), "heading"), 1)
        line.addWidget(correct, 0, Qt.AlignmentFlag.AlignTop)
        return line

    def _name(self, patient: Patient) -> str:
        return self.texts.consent_screen.patient.format(
            given=patient.given, family=patient.family, birth=patient.birth_date.strftime("%d/%m/%Y")
        )

    def _add_part(self, part: str) -> None:
        heading, _, sentences = part.partition("\n")
        self.body.addSpacing(8)
        self.body.addWidget(label(heading, "heading"))
        self.body.addWidget(label(sentences))

    def _answer(self, given: bool) -> None:
        texts = self.texts
        self.context.bridge.answer_consent(given, texts.consent, texts.code, texts.consent_version)
