"""What may be somebody else's: each reading on a card of its own, with the helper's two answers."""

from collections.abc import Callable
from uuid import UUID

from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from devices.reading import Reading
from ui.text.reading import device_text, quality_text, taken_text, values_text
from ui.text.table import Texts
from ui.widgets.flow import Flow
from ui.widgets.parts import button, label, set_tone

Answer = Callable[[Reading], object]


class AsideList(QWidget):
    """Hidden while there is none. `refresh` takes away what was decided; a card never changes."""

    def __init__(self, texts: Texts, attach: Answer, discard: Answer) -> None:
        super().__init__()
        self._texts = texts
        self._answers = (attach, discard)
        self._cards: dict[UUID, AsideCard] = {}
        self._more = label("", "small")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)
        self._column.addWidget(label(texts.consultation.set_aside, "heading"))
        self._column.addWidget(label(texts.consultation.set_aside_explain, "small"))
        self._first = self._column.count()
        self._column.addWidget(self._more)

    @property
    def buttons(self) -> tuple[QPushButton, ...]:
        """From above: two for each card."""
        return tuple(made for card in self._cards.values() for made in card.buttons)

    def refresh(self, readings: tuple[Reading, ...], more: int) -> None:
        """The newest first; `more` older ones are only counted."""
        for gone in self._cards.keys() - {reading.id for reading in readings}:
            card = self._cards.pop(gone)
            card.hide()
            card.deleteLater()
        for place, reading in enumerate(readings):
            if reading.id not in self._cards:
                self._cards[reading.id] = AsideCard(reading, self._texts, *self._answers)
                self._column.insertWidget(self._first + place, self._cards[reading.id])
        self._cards = {reading.id: self._cards[reading.id] for reading in readings}
        self._more.setText(self._texts.consultation.set_aside_more.format(count=more))
        self._more.setVisible(more > 0)
        self.setVisible(bool(readings) or more > 0)


class AsideCard(QFrame):
    """One reading: what, how much, when and by which clock, which instrument, why it waits."""

    def __init__(self, reading: Reading, texts: Texts, attach: Answer, discard: Answer) -> None:
        super().__init__()
        self.setObjectName("tile")
        set_tone(self, "aside")
        kind, unit = texts.reading.kinds[reading.kind], device_text(reading)
        values = values_text(reading, texts)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 14, 20, 14)
        column.setSpacing(6)
        column.addWidget(label(f"{kind} — {unit}" if unit else kind, "heading"))
        column.addWidget(label(values, "lead"))
        column.addWidget(label(taken_text(reading, texts), "small"))
        column.addWidget(label(quality_text(reading, texts), "small"))
        text = texts.consultation
        self.buttons = (
            button(text.attach, f"attach_{reading.id}", lambda: attach(reading)),
            button(text.discard, f"discard_{reading.id}", lambda: discard(reading)),
        )
        answers = Flow()
        for made in self.buttons:
            made.setAccessibleDescription(f"{kind} : {values}")
            answers.addWidget(made)
        column.addLayout(answers)
