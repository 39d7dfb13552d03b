"""A card of the technician's: which camera and which microphone serve for what, and how to choose others."""

from collections.abc import Callable
from functools import partial
from textwrap import fill
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from kiosk.selftest.report import Part
from ui.text.table import TechnicianText
from ui.widgets.parts import button, label

if TYPE_CHECKING:
    from kiosk.parts import PartChoice

_LINE = 30  # characters that fit on a panel, also at twice the text size


class ChoiceCard(QFrame):
    """Hidden until it is told what is plugged in. `ask(choice)` when somebody wants to choose."""

    def __init__(self, text: TechnicianText, ask: Callable[["PartChoice"], None]) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setProperty("tone", "soft")
        self.setAccessibleName(text.choice_title)
        self._text, self._ask = text, ask
        self._used: dict[str, QLabel] = {}
        self._choices: dict[str, PartChoice] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(20, 16, 20, 16)
        self._column.addWidget(label(text.choice_title, "heading"))
        self.hide()

    def show_choices(self, choices: "tuple[PartChoice, ...]") -> None:
        for choice in choices:
            if choice.role not in self._used:
                self._add(choice)
            self._choices[choice.role] = choice
            self._used[choice.role].setText(used_text(choice, self._text))
        self.show()

    def _add(self, choice: "PartChoice") -> None:
        part = self._text.parts[Part(choice.role.value)]
        used = self._used[choice.role] = label("", "small")
        used.setAccessibleDescription(part)
        self._column.addWidget(label(part, "soft"))
        self._column.addWidget(used)
        role, words = choice.role, self._text.choice_open.format(part=part)
        self._column.addWidget(button(words, f"choose_{role}", lambda: self._ask(self._choices[role])))


def used_text(choice: "PartChoice", text: TechnicianText) -> str:
    """What is taken, or what was chosen and is not there."""
    if choice.used:
        return choice.used
    return text.choice_missing.format(name=choice.chosen) if choice.chosen else text.choice_none


def option_buttons(
    choice: "PartChoice", text: TechnicianText, take: Callable[[str], None]
) -> tuple[QWidget, ...]:
    """One button for each that is plugged in, and one to leave it to the settings."""
    made = [
        _named(option.name, button("", f"option_{number}", partial(take, option.identity)))
        for number, option in enumerate(choice.options)
    ]
    return (*made, button(text.choice_usual, "option_usual", partial(take, "")))


def _named(name: str, made: QPushButton) -> QPushButton:
    """A button does not wrap by itself, and takes "&" for its own sign."""
    made.setText(fill(name, _LINE).replace("&", "&&"))
    made.setAccessibleName(name)
    return made
