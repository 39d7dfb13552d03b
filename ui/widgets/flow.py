"""A layout that puts items beside each other and goes on below where the line is full."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class Flow(QLayout):
    """`stretch`: items of one line share its width equally. `end`: lines stand against the far side."""

    def __init__(self, gap: int = 16, *, stretch: bool = False, end: bool = False) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self._stretch = stretch
        self._end = end
        self.setSpacing(gap)
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)
        self.invalidate()

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arrange(QRect(0, 0, width, 0), apply=False)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._arrange(rect, apply=True)

    def sizeHint(self) -> QSize:
        shown = self._shown()
        width = sum(i.sizeHint().width() for i in shown) + self.spacing() * max(0, len(shown) - 1)
        return QSize(width, max((i.sizeHint().height() for i in shown), default=0))

    def minimumSize(self) -> QSize:
        shown = self._shown()
        return QSize(
            max((i.minimumSize().width() for i in shown), default=0),
            max((i.minimumSize().height() for i in shown), default=0),
        )

    def _shown(self) -> list[QLayoutItem]:
        return [i for i in self._items if not i.isEmpty()]

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = []
        used = 0
        for item in self._shown():
            wanted = item.sizeHint().width()
            if not lines or used + self.spacing() + wanted > width:
                lines.append([])
                used = -self.spacing()
            lines[-1].append(item)
            used += self.spacing() + wanted
        return lines

    def _widths(self, line: list[QLayoutItem], width: int) -> list[int]:
        free = width - self.spacing() * (len(line) - 1)
        if self._stretch:
            return [free // len(line)] * len(line)
        return [min(item.sizeHint().width(), width) for item in line]

    def _arrange(self, rect: QRect, *, apply: bool) -> int:
        y = rect.y()
        for line in self._lines(rect.width()):
            y += self._place(line, rect, y, apply=apply) + self.spacing()
        return max(0, y - self.spacing() - rect.y())

    def _place(self, line: list[QLayoutItem], rect: QRect, y: int, *, apply: bool) -> int:
        widths = self._widths(line, rect.width())
        height = max(_height(item, width) for item, width in zip(line, widths, strict=True))
        x = rect.x()
        if self._end:
            x += rect.width() - sum(widths) - self.spacing() * (len(line) - 1)
        for item, width in zip(line, widths, strict=True):
            if apply:
                item.setGeometry(self._mirrored(QRect(QPoint(x, y), QSize(width, height)), rect))
            x += width + self.spacing()
        return height

    def _mirrored(self, place: QRect, whole: QRect) -> QRect:
        parent = self.parentWidget()
        if isinstance(parent, QWidget) and parent.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            place.moveLeft(whole.left() + whole.right() - place.right())
        return place


def _height(item: QLayoutItem, width: int) -> int:
    return item.heightForWidth(width) if item.hasHeightForWidth() else item.sizeHint().height()
