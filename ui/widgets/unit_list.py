"""The technician's card of Bluetooth instruments: whose each is, whether it is paired with, and buttons."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from kiosk.events import InstrumentState
from ui.text.isolated import isolated
from ui.text.table import Texts
from ui.widgets.flow import Flow
from ui.widgets.parts import button, card, label

if TYPE_CHECKING:
    from kiosk.unit_desk import UnitLine

SetOwn = Callable[[str, bool], object]
OfUnit = Callable[[str], object]  # its address


class UnitList(QFrame):
    """Hidden until it is told. Rows are made anew only when something changed: a button stays where it is."""

    def __init__(self, texts: Texts, set_own: SetOwn, pair: OfUnit, unpair: OfUnit) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setProperty("tone", "soft")
        self.setAccessibleName(texts.units.title)
        self._texts = texts
        self._set_own = set_own
        self._pair = pair
        self._unpair = unpair
        self._shown: tuple[UnitLine, ...] | None = None
        self._rows = QWidget()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(20, 16, 20, 16)
        self._column.setSpacing(10)
        self._column.addWidget(label(texts.units.title, "heading"))
        self._column.addWidget(label(texts.units.explain, "small"))
        self._column.addWidget(self._rows)
        self.hide()

    def refresh(self, lines: "tuple[UnitLine, ...]") -> None:
        self.show()
        if lines == self._shown:
            return
        self._shown = lines
        address = self._address_in_focus()
        fresh = QWidget()
        column = QVBoxLayout(fresh)
        column.setContentsMargins(0, 0, 0, 0)
        for line in lines:
            column.addWidget(self._row(line))
        if not lines:
            column.addWidget(label(self._texts.units.none))
        self._column.replaceWidget(self._rows, fresh)
        self._rows.deleteLater()
        self._rows = fresh
        if address:
            fresh.show()  # by itself it would come too late to take the focus
            self._focus(address)

    def _address_in_focus(self) -> str:
        """Of the unit whose button has the focus, or ""."""
        focus = self.window().focusWidget()
        if focus is None or not self._rows.isAncestorOf(focus):
            return ""
        return focus.objectName().partition("_")[2]

    def _focus(self, address: str) -> None:
        """Hand the focus on to what stands for the same unit now, or to the first button there is."""
        buttons = self._rows.findChildren(QPushButton)
        same = [made for made in buttons if made.objectName().partition("_")[2] == address]
        for made in (*same, *buttons)[:1]:
            made.setFocus()

    def _row(self, line: "UnitLine") -> QWidget:
        from kiosk.unit import How

        text = self._texts.units
        name, whose = self._name(line), text.hows[line.how]
        frame, column = card(name="row", gap=6)
        column.addWidget(label(name, "heading"))
        column.addWidget(label(whose, "heading" if line.how is How.UNKNOWN else "good"))
        column.addWidget(label(self._details(line), "small"))
        if line.no_result:
            column.addWidget(label(text.no_result, "small"))
        answers = Flow()
        for made in self._buttons(line):
            answers.addWidget(_of(name, made))
        column.addLayout(answers)
        frame.setAccessibleName(f"{name}. {whose}")
        return frame

    def _buttons(self, line: "UnitLine") -> Iterator[QPushButton]:
        from kiosk.unit import How

        text, address = self._texts.units, line.unit.address
        if line.how is How.UNKNOWN:
            yield button(text.own, f"own_{address}", partial(self._set_own, address, True))
        elif line.how is not How.CONFIGURED:
            yield button(text.forget, f"forget_{address}", partial(self._set_own, address, False))
        if line.paired:
            yield button(text.unpair, f"unpair_{address}", partial(self._unpair, address))
        elif line.paired is not None:
            yield button(text.pair, f"pair_{address}", partial(self._pair, address))

    def _name(self, line: "UnitLine") -> str:
        """What it is and its model, as far as they are known."""
        words, model = self._texts.reading, line.unit.model or line.name
        kinds = words.comma.join(words.kinds[kind] for kind in line.kinds)
        what = kinds or self._texts.instrument.states[InstrumentState.ABSENT]
        return f"{what} — {isolated(model)}" if model else what

    def _details(self, line: "UnitLine") -> str:
        text, unit = self._texts.units, line.unit
        address = text.address.format(address=isolated(unit.address))
        serial = text.serial.format(serial=isolated(unit.serial)) if unit.serial else ""
        paired = text.paired if line.paired else ""
        return " · ".join(part for part in (paired, serial, address) if part)


def _of(name: str, made: QPushButton) -> QPushButton:
    """Rows have the same buttons: who hears them must hear of which instrument they are."""
    made.setAccessibleDescription(name)
    return made
