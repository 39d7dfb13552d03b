"""One line of a checklist: a large box and a sentence that wraps."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QStyle

from ui import theme

_BOX = 40
_PAD = 14


class Tick(QAbstractButton):
    """A check box of at least 72 px, pressed by finger, Space or Enter."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__()
        self.setText(text)
        self.setObjectName(name)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        words = QRect(0, 0, max(40, width - _BOX - 3 * _PAD), 10_000)
        needed = self.fontMetrics().boundingRect(words, Qt.TextFlag.TextWordWrap, self.text()).height()
        return max(theme.TOUCH_PX, needed + 2 * _PAD)

    def sizeHint(self) -> QSize:
        return QSize(400, self.heightForWidth(400))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, theme.TOUCH_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_frame(painter)
        box = self._mirrored(QRect(_PAD, (self.height() - _BOX) // 2, _BOX, _BOX))
        self._paint_box(painter, box)
        words = self._mirrored(self.rect().adjusted(_BOX + 2 * _PAD, _PAD // 2, -_PAD, -_PAD // 2))
        painter.setPen(QColor(theme.INK))
        side = QStyle.visualAlignment(self.layoutDirection(), Qt.AlignmentFlag.AlignLeft)
        painter.drawText(words, side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap, self.text())

    def _mirrored(self, place: QRect) -> QRect:
        return QStyle.visualRect(self.layoutDirection(), self.rect(), place)

    def _paint_frame(self, painter: QPainter) -> None:
        ring = self.hasFocus()
        painter.setPen(QPen(QColor(theme.FOCUS if ring else theme.LINE), 4 if ring else 2))
        painter.setBrush(QColor(theme.GREEN_PALE if self.isChecked() else theme.WHITE))
        painter.drawRoundedRect(self.rect().adjusted(2, 2, -2, -2), 12, 12)

    def _paint_box(self, painter: QPainter, box: QRect) -> None:
        painter.setPen(QPen(QColor(theme.GREEN if self.isChecked() else theme.FIELD_LINE), 3))
        painter.setBrush(QColor(theme.GREEN if self.isChecked() else theme.WHITE))
        painter.drawRoundedRect(box, 8, 8)
        if self.isChecked():
            painter.setPen(QPen(QColor(theme.WHITE), 5))
            middle = box.center()
            painter.drawLine(box.left() + 9, middle.y(), middle.x() - 3, box.bottom() - 10)
            painter.drawLine(middle.x() - 3, box.bottom() - 10, box.right() - 8, box.top() + 11)
