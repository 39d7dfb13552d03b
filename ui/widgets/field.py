"""One question with its answer and, where needed, the sentence that says what is wrong with it."""

from enum import Enum

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget

from ui.widgets.parts import label


class Input(Enum):
    LETTERS = "letters"
    DIGITS = "digits"


class Field(QLineEdit):
    """A line to write on. `touched` comes when a finger or a mouse chose it: the screen keyboard opens."""

    touched = Signal()

    def __init__(self, name: str, title: str, wanted: Input, longest: int) -> None:
        super().__init__()
        self.wanted = wanted
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setMaxLength(longest)
        if wanted is Input.DIGITS:
            self.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The release: a second quick tap has no press of its own, it is a double click."""
        super().mouseReleaseEvent(event)
        if self.rect().contains(event.position().toPoint()):
            self.touched.emit()

    def set_wrong(self, wrong: bool) -> None:
        self.setProperty("wrong", "true" if wrong else "false")
        self.style().unpolish(self)
        self.style().polish(self)


class Question(QWidget):
    """A title, any answer widget, and one sentence when the answer is not accepted."""

    def __init__(self, title: str, answer: QWidget, hint: str = "") -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.title: QLabel = label(title, "heading")
        self.title.setBuddy(answer)
        self.fault: QLabel = label("", "error")
        self.fault.hide()
        column.addWidget(self.title)
        if hint:
            column.addWidget(label(hint, "soft"))
        column.addWidget(answer)
        column.addWidget(self.fault)
        self._answer = answer

    def set_fault(self, sentence: str) -> None:
        """Show the sentence under the answer; an empty one takes it away."""
        self.fault.setText(sentence)
        self.fault.setVisible(bool(sentence))
        self._answer.setAccessibleDescription(sentence)
        for field in (self._answer, *self._answer.findChildren(Field)):
            if isinstance(field, Field):
                field.set_wrong(bool(sentence))
