"""What waits in the outbox, one row for each session; told anew while one looks."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.widgets.parts import card, label, set_tone


class HeldLine(NamedTuple):
    """In words. `facts`: since when, how many tries; `answer` may be ""."""

    name: str
    state: str
    facts: str
    answer: str
    refused: bool


class HeldList(QWidget):
    """Hidden while nothing waits. `more`: a sentence about those that are not shown, or ""."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._rows: list[_Row] = []
        self._more = label("", "soft")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addWidget(label(title, "heading"))
        self._column.addWidget(self._more)
        self.setAccessibleName(title)
        self.hide()

    def show_lines(self, lines: Sequence[HeldLine], more: str) -> None:
        self.setVisible(bool(lines))
        while len(self._rows) < len(lines):
            self._rows.append(_Row())
            self._column.insertWidget(len(self._rows), self._rows[-1].frame)
        for place, row in enumerate(self._rows):
            row.frame.setVisible(place < len(lines))
        for row, line in zip(self._rows, lines, strict=False):
            row.show_line(line)
        self._more.setText(more)
        self._more.setVisible(bool(more))


class _Row:
    def __init__(self) -> None:
        self.frame, column = card(name="row", gap=2)
        self._labels = tuple(label("", role) for role in ("heading", "body", "small", "small"))
        for each in self._labels:
            column.addWidget(each)

    def show_line(self, line: HeldLine) -> None:
        words = (line.name, line.state, line.facts, line.answer)
        for each, text in zip(self._labels, words, strict=True):
            if each.text() != text:
                each.setText(text)
            each.setVisible(bool(text))
        set_tone(self.frame, "trouble" if line.refused else "")
        self.frame.setAccessibleName(". ".join(part for part in words if part))
