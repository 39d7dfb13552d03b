"""The end: what was measured, what was sent, what is to be cleaned."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from devices.reading import Kind
from ui.screens.base import Context, Screen
from ui.text.reading import entry_text
from ui.widgets.panel import Action
from ui.widgets.parts import button, card, label
from ui.widgets.tick import Tick

_WIDE_PX = 900


class Closing(Screen):
    def __init__(self, context: Context) -> None:
        super().__init__(context)
        text = self.texts.closing
        self.head(text.title, 4)
        self.ticks: list[Tick] = []
        self._delivered = label("", "good")
        self._waiting = label("", "lead")
        self._trouble = label("", "error")
        self._count = -1
        self._summary, self._lines = card()
        self.body.addWidget(label(text.thanks, "lead"))
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._halves.setSpacing(20)
        self._halves.addWidget(self._disinfect(), 1, Qt.AlignmentFlag.AlignTop)
        self._halves.addLayout(self._report(), 1)
        self.body.addLayout(self._halves)
        self.body.addStretch(1)
        self.finish = button(text.finish, "finish", self._finish, "primary")
        self.foot(self.finish)
        self.refresh()

    def focus_first(self) -> None:
        (self.ticks[0] if self.ticks else self.finish).setFocus()

    def refresh(self) -> None:
        self._show_delivery()
        if len(self.context.state.readings) != self._count:
            self._show_summary()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Beside each other where there is room for the text size."""
        super().resizeEvent(event)
        wide = self.width() / self.context.settings.text_scale >= _WIDE_PX
        self._halves.setDirection(
            QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        )

    def _report(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(16)
        column.addWidget(self._delivery())
        column.addWidget(self._summary)
        column.addStretch(1)
        return column

    def _delivery(self) -> QWidget:
        frame, column = card()
        column.addWidget(label(self.texts.closing.delivery, "heading"))
        for line in (self._delivered, self._waiting, self._trouble):
            column.addWidget(line)
        return frame

    def _disinfect(self) -> QWidget:
        text = self.texts.closing
        frame, column = card(tone="attention")
        column.addWidget(label(text.disinfect, "heading"))
        session = self.context.state.session
        used = session.used if session is not None else frozenset()
        used |= {Kind.ECG} & self.context.state.waves  # it leaves no reading
        for kind, words in text.disinfect_how.items():
            if kind in used:
                self.ticks.append(Tick(words, f"clean_{kind.value}"))
                column.addWidget(self.ticks[-1])
        if not self.ticks:
            column.addWidget(label(text.disinfect_none))
        return frame

    def _show_delivery(self) -> None:
        delivery, text = self.context.state.delivery, self.texts.closing
        done = not delivery.waiting and delivery.delivered > 0 and not delivery.quarantined
        sent = text.delivered.format(count=delivery.delivered)
        self._delivered.setText(f"{text.all_delivered} {sent}" if done else sent)
        waiting = text.waiting.format(count=delivery.waiting)
        self._waiting.setText(waiting if delivery.online else f"{waiting} {text.offline}")
        self._waiting.setVisible(delivery.waiting > 0)
        self._trouble.setText(text.quarantined)
        self._trouble.setVisible(delivery.quarantined > 0)

    def _show_summary(self) -> None:
        readings, text = self.context.state.readings, self.texts.closing
        self._count = len(readings)
        while (item := self._lines.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._lines.addWidget(label(text.summary, "heading"))
        if not readings:
            self._lines.addWidget(label(text.nothing_measured))
        for kind, words in self.texts.reading.kinds.items():
            of_kind = [r for r in readings if r.kind is kind]
            if of_kind:
                last = self.context.state.latest()[kind]
                count = f" ({len(of_kind)})" if len(of_kind) > 1 else ""
                entry = entry_text(last, f"{words}{count}", self.texts)
                self._lines.addWidget(label(entry))

    def _finish(self) -> None:
        text = self.texts.closing
        if all(tick.isChecked() for tick in self.ticks):
            self.context.bridge.finish()
            return
        go_back = Action(text.finish_back, "finish_back", self.focus_first, "primary")
        anyway = Action(text.finish_anyway, "finish_anyway", self.context.bridge.finish)
        self.context.shell.ask(text.disinfect, (label(text.finish_unclean, "lead"),), (anyway, go_back))
