"""The technician's card of what waits to be delivered: figures, what to do, and what it is."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ui.widgets.figures_card import FiguresCard
from ui.widgets.held_list import HeldList
from ui.widgets.parts import button, label

if TYPE_CHECKING:
    from kiosk.outbox_copy import CopyMade
    from kiosk.outbox_figures import OutboxFigures
    from ui.bridge import Bridge
    from ui.text.table import Texts


class OutboxCard(QWidget):
    """Hidden while there is nothing to tell; shown anew with each answer of the bridge."""

    def __init__(self, bridge: "Bridge", texts: "Texts") -> None:
        super().__init__()
        self._bridge, self._texts = bridge, texts
        self._figures = FiguresCard(texts.outbox.title, texts.right_to_left)
        self._copy = button(texts.outbox.copy, "copy_outbox", self._start_copy)
        self._copied = label("", "body", selectable=True)
        self._copied.hide()
        self._focus_meanwhile: QWidget | None = None
        retry = button(texts.outbox.retry, "retry_delivery", bridge.retry_delivery)
        self._figures.add_below(retry, self._copy, self._copied)
        self._held = HeldList(texts.outbox.held)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(16)
        column.addWidget(self._figures)
        column.addWidget(self._held)
        bridge.outbox_figures_told.connect(self._show)
        bridge.outbox_copied.connect(self._show_copy)

    def forget_copy(self) -> None:
        """The copy has failed, and somebody else says so."""
        self._end_copy()
        self._copied.hide()

    def _show(self, figures: "OutboxFigures") -> None:
        from ui.text.outbox_figures import held_lines, lines, more_held

        self._figures.show_lines(lines(figures, self._texts))
        self._held.show_lines(held_lines(figures, self._texts), more_held(figures, self._texts))

    def _start_copy(self) -> None:
        self._copy.setEnabled(False)  # one at a time
        self._focus_meanwhile = self.window().focusWidget()
        self._say(self._texts.outbox.copying)
        self._bridge.copy_outbox()

    def _show_copy(self, made: "CopyMade") -> None:
        from ui.text.outbox_figures import copy_words

        self._end_copy()
        self._say(copy_words(made, self._texts.outbox))

    def _end_copy(self) -> None:
        """The focus comes back from where the disabled button left it, not from under somebody's finger."""
        self._copy.setEnabled(True)
        focus = self.window().focusWidget()
        if focus is None or focus is self._focus_meanwhile:
            self._copy.setFocus()

    def _say(self, words: str) -> None:
        self._copied.setText(words)
        self._copied.setAccessibleName(words)
        self._copied.show()
