"""The kiosk cannot receive anybody: why, and what to do. Nothing else is offered."""

from ui.reasons import BlockReason
from ui.screens.base import Context, Screen
from ui.widgets.parts import card, label


class Blocked(Screen):
    def __init__(self, context: Context, reason: BlockReason) -> None:
        super().__init__(context)
        text = self.texts.blocked
        self.head(text.title)
        frame, column = card(tone="attention")
        column.addWidget(label(text.reasons[reason], "lead"))
        column.addWidget(label(text.explain))
        self.body.addStretch(1)
        self.body.addWidget(frame)
        self.body.addStretch(2)

    def focus_first(self) -> None:
        self.help.setFocus()
