"""A light of four shapes: colour never speaks alone."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from kiosk.events import Light
from ui import theme

_COLOURS = {
    Light.GREEN: theme.GREEN,
    Light.ORANGE: theme.AMBER,
    Light.RED: theme.RED,
    Light.UNKNOWN: theme.FIELD_LINE,
}


class Lamp(QWidget):
    """A full disc: good. A half one: good enough. A cross: trouble. A ring: not known."""

    def __init__(self, scale: float = 1.0) -> None:
        """`scale`: of the text beside it."""
        super().__init__()
        self._light = Light.UNKNOWN
        self._scale = scale
        self.setFixedSize(QSize(28, 28) * scale)

    @property
    def light(self) -> Light:
        return self._light

    def show_light(self, light: Light) -> None:
        self._light = light
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(self._scale, self._scale)
        inside = QRectF(4, 4, 20, 20)
        colour = QColor(_COLOURS[self._light])
        if self._light is Light.RED:
            painter.setPen(QPen(colour, 5))
            painter.drawLine(inside.topLeft(), inside.bottomRight())
            painter.drawLine(inside.topRight(), inside.bottomLeft())
            return
        painter.setPen(QPen(colour, 4))
        if self._light is Light.GREEN:
            painter.setBrush(colour)
        painter.drawEllipse(inside)
        if self._light is Light.ORANGE:
            painter.setBrush(colour)
            painter.drawChord(inside, 180 * 16, 180 * 16)
