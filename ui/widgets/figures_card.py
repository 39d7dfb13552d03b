"""A card of the technician's: names and values that are told anew while one looks."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from ui.widgets.parts import label

_BELOW = 100  # a row after all figures


class FiguresCard(QFrame):
    """Hidden while there is nothing to tell. The names stay the same, so the card stands still."""

    def __init__(self, title: str, right_to_left: bool) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setProperty("tone", "soft")
        self.setAccessibleName(title)
        side = Qt.AlignmentFlag.AlignRight if right_to_left else Qt.AlignmentFlag.AlignLeft
        self._side = (
            side | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
        )  # also what is Latin
        self._values: list[QLabel] = []
        self._grid = grid = QGridLayout(self)
        grid.setContentsMargins(20, 16, 20, 16)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(0, 2)
        grid.setColumnStretch(1, 3)
        grid.addWidget(label(title, "heading"), 0, 0, 1, 2)
        self.hide()

    def show_lines(self, lines: Sequence[tuple[str, str]]) -> None:
        self.setVisible(bool(lines))
        if not lines:
            return
        if not self._values:
            self._make([name for name, _ in lines])
        for value, (_, words) in zip(self._values, lines, strict=True):
            value.setText(words)

    def add_below(self, *widgets: QWidget) -> None:
        below = QVBoxLayout()
        below.setContentsMargins(0, 12, 0, 0)
        below.setSpacing(12)
        for widget in widgets:
            below.addWidget(widget)
        self._grid.addLayout(below, _BELOW, 0, 1, 2)

    def _make(self, names: list[str]) -> None:
        for place, name in enumerate(names, 1):
            value = label("", "small")
            value.setAlignment(self._side)
            value.setAccessibleDescription(name)
            self._values.append(value)
            self._grid.addWidget(label(name, "soft"), place, 0)
            self._grid.addWidget(value, place, 1)
