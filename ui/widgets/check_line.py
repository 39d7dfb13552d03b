"""The check before the call as the helper sees it: one light, one sentence with what to do."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout

from kiosk.events import CallCheck
from ui.text.call_check import sentence
from ui.text.table import Texts
from ui.widgets.lamp import Lamp
from ui.widgets.parts import label


class CheckLine(QFrame):
    """Hidden until there is a check."""

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self.setObjectName("check_line")
        self._text = texts.call_check
        self.lamp = Lamp()
        self.words = label("")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(12)
        line.addWidget(self.lamp, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.words, 1)
        self.hide()

    def show_check(self, check: CallCheck | None) -> None:
        self.setVisible(check is not None)
        if check is None:
            return
        light, said = sentence(check, self._text)
        self.lamp.show_light(light)
        self.words.setText(said)
        self.setAccessibleName(f"{self._text.lights[light]}. {said}")
