"""The keyboard on the screen: AZERTY, accents and figures. The field being written keeps the focus."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QGridLayout, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from ui.text.table import KeyboardText
from ui.widgets.field import Field, Input

_LETTERS = ("azertyuiop", "qsdfghjklm", "⇧wxcvbn'-⌫")
_ACCENTS = ("éèêëàâäçîï", "ôöùûüÿœæñø", "⇧áíóúãõ'-⌫")
_DIGITS = ("123⌫", "4560", "789-")
_LAYERS = {"letters": _LETTERS, "accents": _ACCENTS, "digits": _DIGITS}


class Keyboard(QWidget):
    """Writes into `target`. Hidden until a field is touched; `hidden_by_hand` when its own key closes it."""

    hidden_by_hand = Signal()

    def __init__(self, text: KeyboardText) -> None:
        super().__init__()
        self.setObjectName("keyboard")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.target: Field | None = None
        self._text = text
        self._shift = False
        self._letters: list[QPushButton] = []
        self._layers = QStackedLayout()
        self._order = tuple(_LAYERS)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(4)
        column.addLayout(self._layers)
        for name in self._order:
            self._layers.addWidget(self._layer(_LAYERS[name]))
        column.addWidget(self._last_row())
        self.hide()

    def open_for(self, field: Field) -> None:
        """Show the layer that fits the field."""
        self.target = field
        self.show_layer("digits" if field.wanted is Input.DIGITS else "letters")
        self._set_shift(field.wanted is Input.LETTERS and not field.text())
        self.show()

    def show_layer(self, name: str) -> None:
        self._layers.setCurrentIndex(self._order.index(name))

    def _layer(self, rows: tuple[str, ...]) -> QWidget:
        layer = QWidget()
        grid = QGridLayout(layer)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        for line, keys in enumerate(rows):
            for place, key in enumerate(keys):
                grid.addWidget(self._key(key), line, place)
        return layer

    def _key(self, key: str) -> QPushButton:
        made = self._button(key, {"⇧": self._text.shift, "⌫": self._text.erase}.get(key, key))
        made.clicked.connect(lambda: self._press(made.text()))
        if key.isalpha():
            self._letters.append(made)
        return made

    def _last_row(self) -> QWidget:
        line = QWidget()
        grid = QGridLayout(line)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        layers = (
            ("letters", self._text.letters),
            ("accents", self._text.accents),
            ("digits", self._text.digits),
        )
        for place, (name, title) in enumerate(layers):
            made = self._button(title, title)
            made.clicked.connect(lambda _checked=False, wanted=name: self.show_layer(wanted))
            grid.addWidget(made, 0, place)
        space = self._button(self._text.space, self._text.space)
        space.clicked.connect(lambda: self._press(" "))
        close = self._button(self._text.hide, self._text.hide)
        close.clicked.connect(self._close)
        grid.addWidget(space, 0, 3)
        grid.addWidget(close, 0, 4)
        grid.setColumnStretch(3, 1)
        return line

    def _button(self, text: str, spoken: str) -> QPushButton:
        made = QPushButton(text)
        made.setProperty("role", "key")
        made.setObjectName(f"key_{text}")
        made.setAccessibleName(spoken)
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return made

    def _close(self) -> None:
        self.hide()
        self.hidden_by_hand.emit()

    def _press(self, key: str) -> None:
        if key == "⇧":
            self._set_shift(not self._shift)
            return
        if self.target is not None and key == "⌫":
            self.target.backspace()
        elif self.target is not None:
            self._type(self.target, key)
            self._set_shift(False)

    def _type(self, target: Field, key: str) -> None:
        """As a real key would: validators and `textEdited` see it."""
        QApplication.sendEvent(
            target, QKeyEvent(QEvent.Type.KeyPress, 0, Qt.KeyboardModifier.NoModifier, key)
        )

    def _set_shift(self, on: bool) -> None:
        self._shift = on
        for made in self._letters:
            made.setText(made.text().upper() if on else made.text().lower())
