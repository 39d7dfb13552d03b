"""How the physician joins: the link as a code and as an address, on one card."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from kiosk.events import CallChanged, CallCheck, CallPhase
from ui.text.table import Texts
from ui.widgets.check_line import CheckLine
from ui.widgets.link_text import LinkText
from ui.widgets.parts import label
from ui.widgets.qr import QrCode


class Invitation(QFrame):
    """White, whatever is behind it: cameras read a code only on white."""

    def __init__(self, texts: Texts, side_px: int = 264) -> None:
        super().__init__()
        self.setObjectName("card")
        text = texts.consultation
        self._texts = texts
        self._phase = label("", "heading")
        self._explain = label(text.link_scan)
        self._qr = QrCode(text.link_title, side_px)
        self._address = LinkText()
        self.check = CheckLine(texts)
        words = QVBoxLayout()
        words.setSpacing(10)
        for part in (self._phase, self._explain, self._address):
            words.addWidget(part)
        words.addStretch(1)
        line = QHBoxLayout()
        line.setSpacing(20)
        line.addWidget(self._qr, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addWidget(self.check)
        column.addLayout(line)

    def show_call(self, call: CallChanged, check: CallCheck | None = None) -> None:
        text, left = self._texts.consultation, call.phase is CallPhase.LEFT
        self._phase.setText(text.phases[call.phase])
        self._explain.setText(text.link_return if left else text.link_scan)
        self._explain.setVisible(bool(call.link))
        for part in (self._qr, self._address):  # a used link opens only the page that used it
            part.setVisible(bool(call.link) and not left)
        self._qr.show_link(call.link)
        self._address.set_text(call.link)
        self.check.show_check(check if call.link else None)
