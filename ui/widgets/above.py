"""What comes over or under a screen: panels and the keyboard. Made when first needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.widgets.parts import label

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.screens.base import Screen
    from ui.text.table import Texts
    from ui.widgets.field import Field
    from ui.widgets.keyboard import Keyboard
    from ui.widgets.panel import Action, Panel


class Above(QObject):
    """At most one panel and one keyboard in `host`, whose column is `column`."""

    def __init__(self, host: QWidget, column: QVBoxLayout, texts: Texts) -> None:
        super().__init__(host)
        self._host = host
        self._column = column
        self._texts = texts
        self._panel: Panel | None = None
        self._keyboard: Keyboard | None = None
        self._screen: Screen | None = None

    def show_help(self, phone: str, more: tuple[Action, ...] = ()) -> None:
        """Who to call; `more` may be done besides."""
        from ui.widgets.panel import Action

        text = self._texts.common
        sentence = text.help_phone.format(phone=phone) if phone else text.help_no_phone
        content = (label(sentence, "title"), label(text.help_urgent, "lead"))
        close = Action(text.close, "panel_close", lambda: None, "primary")
        self.ask(text.help_title, content, (*more, close))

    def ask(
        self,
        title: str,
        content: tuple[QWidget, ...],
        actions: tuple[Action, ...],
        dismissed: Callable[[], object] | None = None,
    ) -> None:
        """`dismissed`: it was closed without an answer, and not for another question."""
        from ui.widgets.panel import Panel

        self.close_panel()
        self.close_keyboard()
        self._panel = Panel(self._host, title, content, actions)
        self._panel.closed.connect(self._panel_closed)
        if dismissed is not None:
            self._panel.dismissed.connect(dismissed)

    def close_panel(self) -> None:
        if self._panel is not None:
            self._panel.close_panel()

    def clear(self) -> None:
        if self._panel is not None:
            self._panel.dismiss()
        self.close_keyboard()

    def open_keyboard(self, field: Field, screen: Screen) -> None:
        from ui.widgets.keyboard import Keyboard

        if self._keyboard is None:
            self._keyboard = Keyboard(self._texts.keyboard)
            self._keyboard.hidden_by_hand.connect(self._room_back)
            self._column.addWidget(self._keyboard)
        self._screen = screen
        self._keyboard.open_for(field)
        screen.make_room(self._host.height() - self._keyboard.sizeHint().height())
        QTimer.singleShot(0, field, lambda: screen.area.ensureWidgetVisible(field, 0, 60))

    def toggle_keyboard(self, field: Field, screen: Screen) -> None:
        if self._keyboard is not None and self._keyboard.isVisible():
            self.close_keyboard()
        else:
            field.setFocus()
            self.open_keyboard(field, screen)

    def close_keyboard(self) -> None:
        if self._keyboard is not None and self._keyboard.isVisible():
            self._keyboard.hide()
            self._room_back()

    def _room_back(self) -> None:
        if self._screen is not None:
            self._screen.end_make_room()
            self._screen = None

    def _panel_closed(self) -> None:
        self._panel = None
