"""The small parts every screen is made of: labels, buttons, cards, rows."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

GAP = 16


def label(text: str, role: str = "body", selectable: bool = False) -> QLabel:
    """Plain text that wraps; `role` is one of the theme's."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("role", role)
    made.setWordWrap(True)
    if selectable:
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def button(text: str, name: str, action: Callable[[], object], role: str = "secondary") -> QPushButton:
    """A button of at least 72 px. `name` is its stable object name; Enter presses it as Space does."""
    made = _Button(text)
    made.setObjectName(name)
    made.setAccessibleName(text)
    made.setProperty("role", role)
    made.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
    made.clicked.connect(lambda _checked=False: action())
    return made


def card(*, tone: str = "", name: str = "card", gap: int = 10) -> tuple[QFrame, QVBoxLayout]:
    """A framed box and its column."""
    frame = QFrame()
    frame.setObjectName(name)
    frame.setProperty("tone", tone)
    column = QVBoxLayout(frame)
    column.setContentsMargins(20, 16, 20, 16)
    column.setSpacing(gap)
    return frame, column


def row(*items: QWidget, gap: int = GAP) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(gap)
    for item in items:
        line.addWidget(item)
    return line


def set_tone(widget: QWidget, tone: str) -> None:
    """Change the look of a card; costs a polish, so only when it differs."""
    if widget.property("tone") != tone:
        widget.setProperty("tone", tone)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def relabel(made: QPushButton, text: str) -> None:
    if made.text() != text:
        made.setText(text)
        made.setAccessibleName(text)


class _Button(QPushButton):
    """Pressed by Enter too: people expect it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setAutoDefault(True)
