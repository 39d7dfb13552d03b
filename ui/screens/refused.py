"""After a refusal: it is respected, and nothing was sent."""

from ui.screens.base import Context, Screen
from ui.widgets.parts import button, label


class Refused(Screen):
    def __init__(self, context: Context) -> None:
        super().__init__(context)
        text = self.texts.consent_screen
        self.head(text.refused_title)
        self.body.addStretch(1)
        self.body.addWidget(label(text.refused_body, "lead"))
        self.body.addStretch(2)
        self.home = button(text.refused_home, "home", context.bridge.finish, "primary")
        self.foot(self.home)

    def focus_first(self) -> None:
        self.home.setFocus()
