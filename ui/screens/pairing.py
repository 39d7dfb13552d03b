"""The technician pairs with a Bluetooth instrument: one panel for each step of it."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from ui.screens.base import Context
from ui.text.isolated import isolated
from ui.widgets.number_pad import NumberPad
from ui.widgets.panel import Action
from ui.widgets.parts import label

if TYPE_CHECKING:
    from kiosk.events import PairingChanged, PairingEnd

_LONGEST = 6  # digits of a passkey


class Pairing(QObject):
    """Belongs to `screen`. Whoever closes a panel without an answer has stopped it."""

    def __init__(self, screen: QWidget, context: Context) -> None:
        super().__init__(screen)
        self._context = context
        self._text = context.texts.units
        self._runs = False
        context.bridge.pairing_changed.connect(self._changed)
        context.bridge.pairing_ended.connect(self._ended)

    def start(self, address: str) -> None:
        self._runs = True
        self._context.bridge.pair(address)

    def failed(self) -> None:
        """Somebody else says so."""
        self._ended(None)

    def _changed(self, event: "PairingChanged") -> None:
        from kiosk.events import PairingStep

        if not self._runs:
            return
        text, code = self._text, label(isolated(event.code), "display")
        match event.step:
            case PairingStep.SEEKING:
                self._ask(label(text.pair_seeking, "lead"))
            case PairingStep.TYPE:
                self._ask(label(text.pair_type, "lead"), self._pad())
            case PairingStep.SHOW:
                self._ask(label(text.pair_show, "lead"), code)
            case PairingStep.COMPARE:
                same = Action(text.pair_same, "pair_same", lambda: self._answer(event.code), "primary")
                self._ask(label(text.pair_compare, "lead"), code, actions=(same,))

    def _ask(self, *content: QWidget, actions: tuple[Action, ...] = ()) -> None:
        stop = Action(self._text.pair_stop, "pair_stop", self._stop)
        self._context.shell.ask(self._text.pair_title, content, (*actions, stop), self._stop)

    def _pad(self) -> NumberPad:
        title, words = self._text.pair_type, self._context.texts.technician
        return NumberPad("code", title, words, self._answer, longest=_LONGEST, hidden=False)

    def _answer(self, code: str) -> None:
        self._context.bridge.answer_pairing(code)
        self._ask(label(self._text.pair_wait, "lead"))

    def _stop(self) -> None:
        self._runs = False
        self._context.bridge.stop_pairing()

    def _ended(self, end: "PairingEnd | None") -> None:
        """None: it was stopped."""
        runs, self._runs = self._runs, False
        if not runs:
            return
        if end is None:
            self._context.shell.close_panel()
            return
        close = Action(self._context.texts.common.close, "panel_close", lambda: None, "primary")
        self._context.shell.ask(self._text.pair_title, (label(self._text.pair_ends[end], "lead"),), (close,))
