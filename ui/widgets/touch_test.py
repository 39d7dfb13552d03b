"""The touch test: one square after another, in the corners and the middle of the glass."""

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from kiosk.selftest.report import Zone
from ui.text.table import TechnicianText
from ui.widgets.parts import label

TARGET_PX = 96
WAIT_MS = 6000
MISSES = 2  # one may be the finger's fault


class TouchTest(QWidget):
    """Covers `host`. `finished` gives the zones that felt nothing and those that felt it beside the square;
    Esc ends it without a word. A mouse counts as a finger.
    """

    finished = Signal(tuple, tuple)

    def __init__(self, host: QWidget, text: TechnicianText, wait_ms: int = WAIT_MS) -> None:
        super().__init__(host)
        self._host = host
        self.setObjectName("body")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(text.touch_title)
        self._left = list(Zone)
        self._misses = 0
        self._dead: list[Zone] = []
        self._beside: list[Zone] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(32, TARGET_PX + 8, 32, 0)
        self._column.addWidget(label(text.touch_title, "title"))
        self._column.addWidget(label(text.touch_explain, "lead"))
        self._column.addStretch(1)
        self._target = QFrame(self)
        self._target.setObjectName("target")
        self._patience = QTimer(self, interval=wait_ms)
        self._patience.timeout.connect(self._tired)
        host.installEventFilter(self)
        self.setGeometry(host.rect())
        self.show()
        self.raise_()
        self.setFocus()
        self._place()

    @property
    def target(self) -> QRect:
        """Where to touch now. The corners are those of the glass, whatever way the language runs."""
        right, bottom = self.width() - TARGET_PX, self.height() - TARGET_PX
        places = {
            Zone.TOP_LEFT: (0, 0),
            Zone.TOP_RIGHT: (right, 0),
            Zone.CENTRE: (right // 2, bottom // 2),
            Zone.BOTTOM_LEFT: (0, bottom),
            Zone.BOTTOM_RIGHT: (right, bottom),
        }
        return QRect(*places[self._left[0]], TARGET_PX, TARGET_PX)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.target.contains(event.position().toPoint()):
            self._next()
            return
        self._misses += 1
        if self._misses >= MISSES:
            self._beside.append(self._left[0])
            self._next()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._close()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(watched.rect())
            self._place()
        return super().eventFilter(watched, event)

    def _tired(self) -> None:
        (self._beside if self._misses else self._dead).append(self._left[0])
        self._next()

    def _next(self) -> None:
        self._misses = 0
        self._left.pop(0)
        if self._left:
            self._place()
        else:
            self.finished.emit(tuple(self._dead), tuple(self._beside))
            self._close()

    def _place(self) -> None:
        self._target.setGeometry(self.target)
        self._target.raise_()
        self._patience.start()

    def _close(self) -> None:
        self._patience.stop()
        self._host.removeEventFilter(self)
        self.hide()
        self.deleteLater()
