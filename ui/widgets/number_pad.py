"""Digits to touch or to type: the technician's code, or an instrument's."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from ui.text.table import TechnicianText
from ui.widgets.parts import button, label

_DIGITS = "123456789"


class NumberPad(QWidget):
    """`entered` gets what was typed, which is gone then. `name` begins the object name of each button."""

    def __init__(
        self,
        name: str,
        title: str,
        text: TechnicianText,
        entered: Callable[[str], object],
        *,
        longest: int,
        hidden: bool,
        changed: Callable[[], object] = lambda: None,
    ) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._name, self._entered, self._changed = name, entered, changed
        self._longest, self._hidden = longest, hidden
        self._typed = ""
        self._shown = label("", "title")
        self._shown.setMinimumHeight(56)
        self._shown.setAccessibleName(title)
        self._build(text)

    def _build(self, text: TechnicianText) -> None:
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # digits run so in every language
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(10)
        for place in range(3):
            grid.setColumnStretch(place, 1)
            grid.setColumnMinimumWidth(place, 120)
        grid.addWidget(self._shown, 0, 0, 1, 3)
        for place, digit in enumerate(_DIGITS):
            grid.addWidget(self._digit(digit), 1 + place // 3, place % 3)
        grid.addWidget(button(text.pin_erase, f"{self._name}_erase", self._erase), 4, 0)
        grid.addWidget(self._digit("0"), 4, 1)
        grid.addWidget(button(text.pin_enter, f"{self._name}_enter", self._enter, "primary"), 4, 2)

    @property
    def shown(self) -> QLabel:
        """What stands for the digits so far."""
        return self._shown

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A keyboard may type the code too."""
        if event.text() and event.text() in "0123456789":
            self._add(event.text())
        elif event.key() == Qt.Key.Key_Backspace:
            self._erase()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()
        else:
            super().keyPressEvent(event)

    def _digit(self, digit: str) -> QWidget:
        return button(digit, f"{self._name}_{digit}", lambda: self._add(digit))

    def _add(self, digit: str) -> None:
        self._set((self._typed + digit)[: self._longest])
        self._changed()

    def _erase(self) -> None:
        self._set(self._typed[:-1])

    def _set(self, typed: str) -> None:
        self._typed = typed
        self._shown.setText("●" * len(typed) if self._hidden else typed)

    def _enter(self) -> None:
        typed = self._typed
        self._set("")
        if typed:
            self._entered(typed)
