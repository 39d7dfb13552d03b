"""What every screen has: a header with help, a body that scrolls, a foot with the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ui.widgets.flow import Flow
from ui.widgets.parts import button, label
from ui.widgets.scroll import Scroll

if TYPE_CHECKING:
    from collections.abc import Callable

    from devices.reading import Waveform
    from kiosk.events import SoundHeard
    from ui.bridge import Bridge
    from ui.settings import ScreenSettings
    from ui.state import State
    from ui.text.table import Texts
    from ui.widgets.field import Field
    from ui.widgets.panel import Action

STEPS = 4


class Shell(Protocol):
    """What a screen may ask of the window around it."""

    def ask_help(self) -> None: ...
    def ask(
        self,
        title: str,
        content: tuple[QWidget, ...],
        actions: tuple[Action, ...],
        dismissed: Callable[[], object] | None = None,
    ) -> None: ...
    def close_panel(self) -> None: ...
    def set_language(self, code: str) -> None: ...
    def open_technician(self) -> None: ...
    def leave(self) -> None: ...
    def correct_identity(self) -> None: ...
    def open_keyboard(self, field: Field) -> None: ...
    def toggle_keyboard(self, field: Field) -> None: ...
    def close_keyboard(self) -> None: ...


class Context(NamedTuple):
    """Given to each screen when it is made. Screens are made anew each time: nothing of a person stays."""

    bridge: Bridge
    texts: Texts
    settings: ScreenSettings
    state: State
    shell: Shell


class Screen(QWidget):
    """`refresh` is called when anything in the state has changed, `add_waveform` for each chunk."""

    def __init__(self, context: Context, *, readable: bool = False) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.context = context
        self.texts = context.texts
        self.area = Scroll(readable=readable)
        self.body = self.area.column
        self._foot = _bar("footer")
        self.foot_start, self._end = Flow(), Flow(end=True)
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(32, 12, 32, 12)
        foot.setSpacing(24)
        foot.addLayout(self.foot_start, 1)
        foot.addLayout(self._end)
        self._head = _bar("header")
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addWidget(self.area, 1)
        column.addWidget(self._foot)
        self._foot.hide()

    def refresh(self) -> None:
        """Show the state as it is now."""

    def add_waveform(self, wave: Waveform) -> None:
        """Only the consultation shows one."""

    def show_sound(self, heard: SoundHeard) -> None:
        """Only the consultation shows how the stethoscope sounds."""

    def focus_first(self) -> None:
        """Where the keyboard starts; the first stop in order unless a screen knows better."""

    def fill(self, middle: QWidget) -> None:
        """Put a widget that needs no scrolling where the scrolling body is."""
        self._column.insertWidget(2, middle, 1)

    def make_room(self, room_px: int) -> None:
        """The screen keyboard leaves this height: give up the foot, then the header, for what is written."""
        self._foot.setVisible(room_px > 520)
        self._head.setVisible(room_px > 320)

    def end_make_room(self) -> None:
        self._foot.show()
        self._head.show()

    def head(self, title: str, step: int = 0, role: str = "title") -> None:
        """The title, where the person is on the way, and the button that is on every screen."""
        line = QHBoxLayout(self._head)
        line.setContentsMargins(32, 10, 32, 10)
        line.setSpacing(24)
        words = QVBoxLayout()
        words.setSpacing(0)
        self.title = label(title, role)
        words.addWidget(label(self._whereabouts(step), "site"))
        words.addWidget(self.title)
        if not title:
            self.title.hide()
        line.addLayout(words, 1)
        self.help = button(self.texts.common.help, "help", self.context.shell.ask_help, "danger")
        line.addWidget(self.help)

    def foot(self, *buttons: QPushButton, start: tuple[QPushButton, ...] = ()) -> None:
        """The answers: `start` on the reading side, the others on the far side."""
        for made in start:
            self.foot_start.addWidget(made)
        for made in buttons:
            self._end.addWidget(made)
        self._foot.show()

    def _whereabouts(self, step: int) -> str:
        if not step:
            return self.context.settings.site_name
        return self.texts.common.step.format(number=step, count=STEPS)


def _bar(name: str) -> QWidget:
    bar = QWidget()
    bar.setObjectName(name)
    bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    bar.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return bar
