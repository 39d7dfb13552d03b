"""A column that scrolls by finger, wheel and keyboard when the text is large or the screen small."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QScroller, QSizePolicy, QVBoxLayout, QWidget


class Scroll(QScrollArea):
    """`column` takes the content. The area itself takes the focus only where `readable`: a long text."""

    def __init__(
        self, *, margin: int = 32, gap: int = 16, readable: bool = False, name: str = "body"
    ) -> None:
        super().__init__()
        view = QWidget()  # our own: before it hands out Qt's, PySide makes all widget classes (10 ms)
        self.setViewport(view)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if readable else Qt.FocusPolicy.NoFocus)
        inside = QWidget()
        inside.setObjectName(name)
        inside.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.column = QVBoxLayout(inside)
        self.column.setContentsMargins(margin, margin // 2, margin, margin // 2)
        self.column.setSpacing(gap)
        self.setWidget(inside)
        QScroller.grabGesture(view, QScroller.ScrollerGestureType.TouchGesture)
