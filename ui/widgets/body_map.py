"""A chest from the front and from the back, with a place to touch for each point of auscultation."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTransform,
)
from PySide6.QtWidgets import QAbstractButton, QLabel, QSizePolicy, QWidget

from kiosk.body_points import BodyPoint
from ui import theme
from ui.text.table import ConsultationText
from ui.widgets.flow import Flow
from ui.widgets.parts import label

_WIDTH, _HEIGHT, _GAP = 420, 300, 40
_DRAWN_HEIGHT = 350  # of the outlines below
_P = BodyPoint
# Centres in pixels. From the front the patient's right is at the left; from the back it is at the right.
_FRONT = {
    _P.FRONT_UPPER_RIGHT: (68, 78), _P.AORTIC: (164, 78), _P.PULMONIC: (256, 78),
    _P.FRONT_UPPER_LEFT: (352, 78), _P.FRONT_LOWER_RIGHT: (92, 172), _P.TRICUSPID: (204, 162),
    _P.MITRAL: (286, 188), _P.FRONT_LOWER_LEFT: (370, 176), _P.ABDOMEN: (190, 256),
}  # fmt: skip
_BACK = {
    _P.BACK_UPPER_LEFT: (122, 95), _P.BACK_UPPER_RIGHT: (298, 95),
    _P.BACK_LOWER_LEFT: (128, 198), _P.BACK_LOWER_RIGHT: (292, 198),
}  # fmt: skip


def point_number(point: BodyPoint) -> int:
    """What stands in its circle and before its name."""
    return list(BodyPoint).index(point) + 1


class BodyMap(QWidget):
    """`chosen` is called with the point touched. `asked` is the one that the physician would like, or ""."""

    def __init__(self, text: ConsultationText, asked: str, chosen: Callable[[BodyPoint], None]) -> None:
        super().__init__()
        self._text = text
        self._asked = asked
        self._places = {
            point: _Place(point, text.body_points[point], asked == point, self) for point in BodyPoint
        }
        for point, place in self._places.items():
            place.clicked.connect(lambda _checked=False, point=point: chosen(point))
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def legend(self) -> QWidget:
        """The names of the numbers."""
        holder = QWidget()
        flow = Flow(gap=12)
        holder.setLayout(flow)
        for point in BodyPoint:
            flow.addWidget(self._name(point))
        return holder

    def _name(self, point: BodyPoint) -> QLabel:
        name = label(
            f"{point_number(point)}. {self._text.body_points[point]}",
            "heading" if point == self._asked else "small",
        )
        name.setWordWrap(False)
        return name

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        side = _HEIGHT + self._heading()
        return side if self._beside(width) else 2 * side + _GAP

    def sizeHint(self) -> QSize:
        width = 2 * _WIDTH + _GAP
        return QSize(width, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(_WIDTH, _HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for origin, places in zip(self._origins(), (_FRONT, _BACK), strict=True):
            for point, (x, y) in places.items():
                self._places[point].move_to(origin + QPointF(x, y))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text = self._text
        titles = ((text.body_front, text.body_right, text.body_left),
                  (text.body_back, text.body_left, text.body_right))  # fmt: skip
        for origin, words in zip(self._origins(), titles, strict=True):
            self._paint_words(painter, origin, words)
            painter.save()
            painter.translate(origin)
            _paint_chest(painter, words[0] == text.body_front)
            painter.restore()

    def _line(self) -> int:
        return self.fontMetrics().height() + 10

    def _heading(self) -> int:
        """One line above each chest; two where large letters need it."""
        return self._line() * (1 if self._one_line() else 2)

    def _one_line(self) -> bool:
        text, metrics = self._text, self.fontMetrics()
        title = max(metrics.horizontalAdvance(word) for word in (text.body_front, text.body_back))
        side = max(metrics.horizontalAdvance(word) for word in (text.body_left, text.body_right))
        return title * 1.2 + 2 * side + 24 <= _WIDTH

    def _beside(self, width: int) -> bool:
        return width >= 2 * _WIDTH + _GAP

    def _origins(self) -> tuple[QPointF, QPointF]:
        """Where the two chests begin. Never mirrored: a heart has its side in every language."""
        top = float(self._heading())
        if self._beside(self.width()):
            left = (self.width() - 2 * _WIDTH - _GAP) / 2
            return QPointF(left, top), QPointF(left + _WIDTH + _GAP, top)
        left = max(0.0, (self.width() - _WIDTH) / 2)
        return QPointF(left, top), QPointF(left, 2 * top + _HEIGHT + _GAP)

    def _paint_words(self, painter: QPainter, origin: QPointF, words: tuple[str, str, str]) -> None:
        """The sides stay where they are in every language: `AlignAbsolute`."""
        title, left, right = words
        line = QRectF(origin.x(), origin.y() - self._heading(), _WIDTH, self._line())
        centre = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(theme.INK))
        painter.drawText(line, centre | Qt.AlignmentFlag.AlignHCenter, title)
        font.setBold(False)
        painter.setFont(font)
        painter.setPen(QColor(theme.SOFT_INK))
        sides = line if self._one_line() else line.translated(0, self._line())
        painter.drawText(sides, centre | Qt.AlignmentFlag.AlignLeft, left)
        painter.drawText(sides, centre | Qt.AlignmentFlag.AlignRight, right)


class _Place(QAbstractButton):
    """A circle with its number; filled when the physician asked for it. Enter presses it as Space does."""

    def __init__(self, point: BodyPoint, name: str, asked: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self._asked = asked
        self.setText(str(point_number(point)))
        self.setObjectName(f"point_{point}")
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.resize(theme.TOUCH_PX, theme.TOUCH_PX)

    def move_to(self, centre: QPointF) -> None:
        half = theme.TOUCH_PX // 2
        self.move(round(centre.x()) - half, round(centre.y()) - half)

    def sizeHint(self) -> QSize:
        return QSize(theme.TOUCH_PX, theme.TOUCH_PX)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        filled = self._asked or self.isDown()
        ring = theme.FOCUS if self.hasFocus() else theme.BLUE
        painter.setPen(QPen(QColor(ring), 6 if self.hasFocus() else 3))
        painter.setBrush(QColor(theme.BLUE if filled else theme.WHITE))
        painter.drawEllipse(QRect(0, 0, self.width(), self.height()).adjusted(4, 4, -4, -4))
        font = painter.font()
        font.setPixelSize(28)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(theme.WHITE if filled else theme.BLUE))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())


def _paint_chest(painter: QPainter, front: bool) -> None:
    painter.setPen(QPen(QColor(theme.FIELD_LINE), 3))
    painter.setBrush(QColor(theme.PAPER))
    fit = QTransform.fromScale(1, _HEIGHT / _DRAWN_HEIGHT)
    painter.drawPath(fit.map(_outline()))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(theme.FIELD_LINE), 2))
    painter.drawPath(fit.map(_front_lines() if front else _back_lines()))


def _outline() -> QPainterPath:
    """Neck, shoulders, waist and hips; the same from both sides."""
    path = QPainterPath(QPointF(172, 0))
    path.cubicTo(172, 34, 150, 34, 84, 42)
    path.cubicTo(34, 48, 14, 78, 12, 130)
    path.cubicTo(14, 220, 46, 250, 44, _DRAWN_HEIGHT)
    path.lineTo(376, _DRAWN_HEIGHT)
    path.cubicTo(374, 250, 406, 220, 408, 130)
    path.cubicTo(406, 78, 386, 48, 336, 42)
    path.cubicTo(270, 34, 248, 34, 248, 0)
    return path


def _front_lines() -> QPainterPath:
    """Collar bones, breast bone, edge of the ribs, navel."""
    path = QPainterPath(QPointF(202, 46))
    path.cubicTo(160, 36, 120, 52, 92, 48)
    path.moveTo(218, 46)
    path.cubicTo(260, 36, 300, 52, 328, 48)
    path.moveTo(210, 50)
    path.lineTo(210, 228)
    path.moveTo(210, 228)
    path.cubicTo(176, 244, 140, 268, 112, 300)
    path.moveTo(210, 228)
    path.cubicTo(244, 244, 280, 268, 308, 300)
    path.addEllipse(QPointF(240, 322), 4, 6)
    return path


def _back_lines() -> QPainterPath:
    """Spine and shoulder blades."""
    path = QPainterPath(QPointF(210, 10))
    path.lineTo(210, _DRAWN_HEIGHT - 6)
    for side in (-1, 1):
        path.moveTo(210 + side * 40, 66)
        path.cubicTo(210 + side * 90, 56, 210 + side * 140, 60, 210 + side * 150, 84)
        path.cubicTo(210 + side * 130, 130, 210 + side * 80, 170, 210 + side * 52, 172)
        path.cubicTo(210 + side * 40, 130, 210 + side * 36, 100, 210 + side * 40, 66)
    return path
