"""How the stethoscope sounds: a bar for the level, and one sentence for the hand that holds it."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from kiosk.events import CallChanged, Light, SoundHeard, SoundQuality
from ui import theme
from ui.text.table import ConsultationText
from ui.widgets.lamp import Lamp
from ui.widgets.parts import label

_QUIETEST_DBFS = -60.0
_LIGHTS = {
    SoundQuality.LISTENING: Light.UNKNOWN,
    SoundQuality.SILENT: Light.RED,
    SoundQuality.LOUD: Light.RED,
    SoundQuality.NOISY: Light.ORANGE,
    SoundQuality.CLEAR: Light.GREEN,
}


class SoundLevel(QFrame):
    """Hidden while nobody listens; what it said before is not said of the next sound."""

    def __init__(self, text: ConsultationText, scale: float) -> None:
        super().__init__()
        self.setObjectName("sound_level")
        self._text = text
        self.lamp = Lamp(scale)
        self.words = label("", "small")
        self.bar = _Bar()
        self.bar.setAccessibleName(text.sound_level)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        said = QHBoxLayout()
        said.setSpacing(8)
        said.addWidget(self.lamp, 0, Qt.AlignmentFlag.AlignVCenter)
        said.addWidget(self.words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(4)
        column.addWidget(self.bar)
        column.addLayout(said)
        self._say(SoundQuality.LISTENING)
        self.hide()

    def show_call(self, call: CallChanged) -> None:
        heard = call.stethoscope_on or call.recording
        if not heard:
            self._say(SoundQuality.LISTENING)
            self.bar.show_level(0.0)
        self.setVisible(heard)

    def show_sound(self, heard: SoundHeard) -> None:
        if self.isHidden():  # it was switched off meanwhile
            return
        self._say(heard.quality)
        self.bar.show_level(1 - heard.peak_dbfs / _QUIETEST_DBFS)

    def _say(self, quality: SoundQuality) -> None:
        self.lamp.show_light(_LIGHTS[quality])
        words = self._text.sounds[quality]
        if words != self.words.text():
            self.words.setText(words)
            self.setAccessibleName(words)


class _Bar(QWidget):
    """0 is silence, 1 full scale."""

    def __init__(self) -> None:
        super().__init__()
        self.level = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(240, 16)

    def show_level(self, level: float) -> None:
        self.level = min(1.0, max(0.0, level))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        filled = QRectF(frame)
        filled.setWidth(frame.width() * self.level)
        if self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            filled.moveRight(frame.right())
        painter.fillRect(filled, QColor(theme.BLUE))
        painter.setPen(QPen(QColor(theme.FIELD_LINE), 2))
        painter.drawRect(frame)
