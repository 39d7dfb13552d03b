"""A live wave, swept from left to right. Only new samples are drawn: 512 a second cost little."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from devices.reading import Waveform
from ui import theme

_WINDOW_S = 6.0
_NARROWING = 0.04  # of the scale, each second
_LEARN_S = 1.0  # a whole beat is seen before the first line is drawn: the scale does not jump
_CLEAR_PX = 18
_MARGIN_PX = 10


class Trace(QWidget):
    """`add` draws a chunk. The vertical scale follows what was seen: the wave has no amount.

    `spoken`: its name; `waiting` stands in its place until the first samples come.
    """

    def __init__(self, spoken: str, waiting: str, colour: str) -> None:
        super().__init__()
        self.setAccessibleName(spoken)
        self._waiting = waiting
        self._pen = QPen(QColor(colour), 2)
        self._trace = QPixmap()
        self._x = 0.0
        self._y: float | None = None
        self._low, self._high = 0.0, 1.0
        self._started = False
        self._learned_s = 0.0
        self._unseen: list[Waveform] = []
        self.setMinimumHeight(90)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(320, 120)

    @property
    def started(self) -> bool:
        return self._started

    def add(self, wave: Waveform) -> None:
        if not wave.samples or self._trace.isNull():
            return
        length_s = len(wave.samples) * float(wave.period_ms) / 1000
        self._follow(wave.samples, _NARROWING * length_s)
        self._learned_s += length_s
        self._unseen.append(wave)
        if self._learned_s >= _LEARN_S:
            self._draw_unseen()
        self.update()

    def _draw_unseen(self) -> None:
        painter = QPainter(self._trace)
        painter.setPen(self._pen)
        for wave in self._unseen:
            if wave.gap:
                self._y = None
            step = self.width() * float(wave.period_ms) / 1000 / _WINDOW_S
            for sample in wave.samples:
                self._draw(painter, step, self._height_of(sample))
        painter.end()
        self._unseen.clear()

    def clear(self) -> None:
        self._trace = QPixmap(self.size())
        self._trace.fill(QColor(theme.STAGE))
        self._x, self._y = 0.0, None
        self._started = False
        self._learned_s = 0.0
        self._unseen.clear()
        self.update()

    def _follow(self, samples: tuple[int, ...], share: float) -> None:
        """Widen at once, narrow slowly: the wave neither leaves the strip nor jumps."""
        low, high = min(samples), max(samples)
        if not self._started:
            self._low, self._high = float(low), float(max(high, low + 1))
            self._started = True
        slack = (self._high - self._low) * share
        self._low, self._high = min(low, self._low + slack), max(high, self._high - slack)

    def _height_of(self, sample: int) -> float:
        room = self.height() - 2 * _MARGIN_PX
        share = (sample - self._low) / max(1.0, self._high - self._low)
        return _MARGIN_PX + room * (1 - min(1.0, max(0.0, share)))

    def _draw(self, painter: QPainter, step: float, y: float) -> None:
        x = self._x + step
        if x >= self.width():
            self._x, self._y, x = 0.0, None, step
        painter.fillRect(int(self._x) + 1, 0, int(step) + _CLEAR_PX, self.height(), QColor(theme.STAGE))
        if self._y is not None:
            painter.drawLine(int(self._x), int(self._y), int(x), int(y))
        self._x, self._y = x, y

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A tile more beside it changes its width: what was drawn is kept, stretched."""
        super().resizeEvent(event)
        before, self._trace = self._trace, QPixmap(self.size())
        self._trace.fill(QColor(theme.STAGE))
        if before.isNull():
            return
        painter = QPainter(self._trace)
        painter.drawPixmap(self.rect(), before)
        painter.end()
        self._x *= self.width() / max(1, before.width())
        self._y = None

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._trace)
        if not self._started:
            painter.setPen(QColor(theme.WHITE))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(12, 4, -12, -4), flags, self._waiting)
