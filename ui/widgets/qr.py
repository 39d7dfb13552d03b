"""The physician's link as a QR code."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui import theme

_QUIET_ZONE = 4  # modules, ISO/IEC 18004


class QrCode(QWidget):
    """Square, dark on white with its quiet zone; empty without a link."""

    def __init__(self, spoken: str, side_px: int = 260) -> None:
        super().__init__()
        self.setAccessibleName(spoken)
        self._modules: tuple[bytes, ...] = ()
        self._link = ""
        self._side_px = side_px
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(self._side_px, self._side_px)

    def show_link(self, link: str) -> None:
        if link == self._link:
            return
        self._link = link
        self._modules = _modules(link) if link else ()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.WHITE))
        if not self._modules:
            return
        count = len(self._modules) + 2 * _QUIET_ZONE
        size = min(self.width(), self.height()) // count
        left = (self.width() - size * count) // 2 + size * _QUIET_ZONE
        top = (self.height() - size * count) // 2 + size * _QUIET_ZONE
        painter.setPen(Qt.PenStyle.NoPen)
        for y, line in enumerate(self._modules):
            for x, dark in enumerate(line):
                if dark:
                    painter.fillRect(QRect(left + x * size, top + y * size, size, size), QColor(theme.INK))


def _modules(link: str) -> tuple[bytes, ...]:
    import segno  # only where a link is shown

    return tuple(bytes(line) for line in segno.make_qr(link, error="m").matrix)
