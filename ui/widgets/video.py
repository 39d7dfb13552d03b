"""Paints the latest picture of a mailbox. Never a queue: an old picture is worth nothing."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QRect, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui import theme

if TYPE_CHECKING:
    from kiosk.frames import FrameSlot, VideoFrame

_POLL_MS = 25
_STOPPED_MS = 3000


class Video(QWidget):
    """`stopped` is shown over a picture that has not changed for three seconds. `mirror` for one's own."""

    def __init__(self, spoken: str, stopped: str = "", *, mirror: bool = False, radius: int = 14) -> None:
        super().__init__()
        self.setAccessibleName(spoken)
        self._stopped = stopped
        self._mirror = mirror
        self._radius = radius
        self._source: FrameSlot | None = None
        self._image: QImage | None = None
        self._sequence = -1
        self._age = QElapsedTimer()
        self._was_stopped = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._poll)

    def watch(self, source: "FrameSlot | None") -> None:
        """Begin to paint from `source`; None stops and forgets the picture."""
        if source is self._source:
            return
        self._source = source
        self._image = None
        self._sequence = -1
        if source is None:
            self._timer.stop()
        else:
            self._timer.start(_POLL_MS)
        self.update()

    @property
    def has_picture(self) -> bool:
        return self._image is not None

    def sizeHint(self) -> QSize:
        return QSize(640, 480)

    def _poll(self) -> None:
        frame = self._source.latest() if self._source and self.isVisible() else None
        if frame is not None and frame.sequence != self._sequence:
            self._sequence = frame.sequence
            self._image = to_image(frame)
            self._age.restart()
            self.update()
        elif self._is_stopped() != self._was_stopped:
            self.update()

    def _is_stopped(self) -> bool:
        return self._image is not None and self._age.isValid() and self._age.hasExpired(_STOPPED_MS)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()), self._radius, self._radius)
        painter.setClipPath(shape)
        painter.fillRect(self.rect(), QColor(theme.STAGE))
        if self._image is not None:
            self._paint_picture(painter, self._image)
        else:
            self._paint_words(painter, self.accessibleName())
        self._was_stopped = self._is_stopped()
        if self._was_stopped and self._stopped:
            self._paint_words(painter, self._stopped)

    def _paint_picture(self, painter: QPainter, image: QImage) -> None:
        painter.save()
        if self._mirror:
            painter.translate(self.width(), 0)
            painter.scale(-1, 1)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(fitted(image.size(), self.rect()), image)
        painter.restore()

    def _paint_words(self, painter: QPainter, words: str) -> None:
        painter.setPen(QColor(theme.WHITE))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        text = painter.boundingRect(self.rect().adjusted(12, 12, -12, -12), flags, words)
        painter.fillRect(text.adjusted(-16, -12, 16, 12), QColor(theme.STAGE))
        painter.drawText(text, flags, words)


def to_image(frame: "VideoFrame") -> QImage:
    """A picture Qt paints fastest in software: 32-bit RGB, its own copy of the pixels."""
    from kiosk.frames import to_bgra  # brings NumPy: not before the first screen

    pixels = to_bgra(frame)
    return QImage(
        pixels.tobytes(), frame.width, frame.height, frame.width * 4, QImage.Format.Format_RGB32
    ).copy()


def fitted(size: QSize, area: QRect) -> QRect:
    """The largest rectangle of the picture's shape inside the area, in its middle. Nothing is cut off."""
    scaled = size.scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRect(0, 0, scaled.width(), scaled.height())
    place.moveCenter(area.center())
    return place
