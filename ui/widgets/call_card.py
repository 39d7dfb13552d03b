"""The technician's card of the call that runs: names and values, told anew every second."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel

from kiosk.call.figures import CallFigures
from ui.text.call_figures import lines
from ui.text.table import Texts
from ui.widgets.parts import label


class CallCard(QFrame):
    """Hidden while there is no call."""

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setProperty("tone", "soft")
        self.setAccessibleName(texts.call_figures.title)
        self._texts = texts
        side = Qt.AlignmentFlag.AlignRight if texts.right_to_left else Qt.AlignmentFlag.AlignLeft
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
        grid.addWidget(label(texts.call_figures.title, "heading"), 0, 0, 1, 2)
        self.hide()

    def show_figures(self, figures: CallFigures | None) -> None:
        self.setVisible(figures is not None)
        if figures is None:
            return
        told = lines(figures, self._texts)
        if not self._values:
            self._make([name for name, _ in told])
        for value, (_, words) in zip(self._values, told, strict=True):
            value.setText(words)

    def _make(self, names: list[str]) -> None:
        for place, name in enumerate(names, 1):
            value = label("", "small")
            value.setAlignment(self._side)
            value.setAccessibleDescription(name)
            self._values.append(value)
            self._grid.addWidget(label(name, "soft"), place, 0)
            self._grid.addWidget(value, place, 1)
