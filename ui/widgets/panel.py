"""A question or a message above the screen. In the same window: the compositor knows only one."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget
from shiboken6 import isValid

from ui.widgets.flow import Flow
from ui.widgets.parts import button, label
from ui.widgets.scroll import Scroll


@dataclass(frozen=True, slots=True)
class Action:
    """One answer. The panel closes, then `run` is called."""

    text: str
    name: str
    run: Callable[[], object]
    role: str = "secondary"


class Panel(QWidget):
    """Covers `host` and keeps the focus inside. Esc closes it: `dismissed` says that nothing was answered."""

    closed = Signal()
    dismissed = Signal()

    def __init__(
        self, host: QWidget, title: str, content: tuple[QWidget, ...], actions: tuple[Action, ...]
    ) -> None:
        super().__init__(host)
        self.setObjectName("veil")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(title)
        self._host = host
        self._before = host.window().focusWidget()
        self._box = self._build(title, content, actions)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 24)
        outer.addWidget(self._box, 0, Qt.AlignmentFlag.AlignVCenter)
        host.installEventFilter(self)
        self._fit()
        self.show()
        self.raise_()
        self._focus_first()

    def close_panel(self) -> None:
        self._host.removeEventFilter(self)
        self.hide()
        if self._before is not None and isValid(self._before):
            self._before.setFocus()
        self.closed.emit()
        self.deleteLater()

    def dismiss(self) -> None:
        self.close_panel()
        self.dismissed.emit()

    def _build(self, title: str, content: tuple[QWidget, ...], actions: tuple[Action, ...]) -> QFrame:
        box = QFrame()
        box.setObjectName("panel")
        column = QVBoxLayout(box)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(16)
        column.addWidget(label(title, "title"))
        self._scroll = scroll = Scroll(margin=0)
        for widget in content:
            scroll.column.addWidget(widget)
        scroll.column.addStretch(1)
        column.addWidget(scroll, 1)
        answers = Flow(end=True)
        for action in actions:
            answers.addWidget(self._button(action))
        column.addLayout(answers)
        box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        return box

    def _button(self, action: Action) -> QWidget:
        return button(action.text, action.name, lambda: self._answer(action), action.role)

    def _answer(self, action: Action) -> None:
        self.close_panel()
        action.run()

    def _fit(self) -> None:
        """A comfortable width, and the height its content needs, inside the window."""
        self.setGeometry(self._host.rect())
        self._box.setMaximumWidth(min(1000, max(320, self.width() - 48)))
        column = self._scroll.column
        width = min(1000, self.width() - 48) - 78
        wanted = column.heightForWidth(width) if column.hasHeightForWidth() else column.sizeHint().height()
        self._scroll.setMinimumHeight(min(wanted + 12, max(72, int(self.height() * 0.55))))

    def _focusable(self) -> list[QWidget]:
        return [
            w
            for w in self.findChildren(QWidget)
            if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.isVisible()
        ]

    def _focus_first(self) -> None:
        stops = self._focusable()
        if stops:
            stops[0].setFocus(Qt.FocusReason.TabFocusReason)

    def focusNextPrevChild(self, forward: bool) -> bool:
        stops = self._focusable()
        here = self.window().focusWidget()
        if stops:
            at = stops.index(here) if here in stops else -1
            stops[(at + (1 if forward else -1)) % len(stops)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self._fit()
        return super().eventFilter(watched, event)
