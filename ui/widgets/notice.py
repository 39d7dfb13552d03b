"""The banner at the top: one plain sentence, and "understood"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from kiosk.events import Notice, NoticeReason
from ui.state import Fault
from ui.widgets.parts import button, label, set_tone

if TYPE_CHECKING:
    from ui.state import Message
    from ui.text.table import Texts

_CALM = (
    NoticeReason.OLD_READING_SET_ASIDE,
    NoticeReason.LINK_REFUSED,
    NoticeReason.DELIVERY_PAUSED,
    NoticeReason.NO_RECORDING,
    NoticeReason.RECORDING_KNOWN,
)


class NoticeBar(QWidget):
    """Shows one message; `understood` asks for it to be taken away."""

    understood = Signal()

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._texts = texts
        self._sentence = label("")
        line = QHBoxLayout(self)
        line.setContentsMargins(32, 8, 32, 8)
        line.setSpacing(24)
        line.addWidget(self._sentence, 1)
        line.addWidget(button(texts.common.understood, "notice_understood", self.understood.emit))
        self.hide()

    def show_message(self, message: Message | None) -> None:
        if message is not None:
            self._sentence.setText(sentence(message, self._texts))
            self.setAccessibleName(self._sentence.text())
            set_tone(self, "calm" if isinstance(message, Notice) and message.reason in _CALM else "")
        self.setVisible(message is not None)


def sentence(message: Message, texts: Texts) -> str:
    """The one plain sentence of a message."""
    if isinstance(message, Notice):
        return texts.notices[message.reason]
    return texts.common.fault if message is Fault.SLOT else texts.common.not_done
