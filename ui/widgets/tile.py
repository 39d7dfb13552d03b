"""A reading as people read it: what, how much, the unit, when, and what the instrument says of it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from devices.reading import Quantity, Reading
from ui.text.reading import (
    absent_text,
    attachment_text,
    is_today,
    line_text,
    metric_text,
    moment_text,
    quality_text,
    unit_text,
    value_text,
)
from ui.text.table import Texts
from ui.widgets.flow import Flow
from ui.widgets.parts import label


class Tile(QFrame):
    """Shows one reading. Give it the next one with `show_reading`."""

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self.setObjectName("tile")
        self._texts = texts
        self._numbers: list[_Number] = []
        self._title = label("", "heading")
        self._time = label("", "soft")
        self._time.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._kept = label("", "lead")
        self._quality = label("", "error")
        self._flow = Flow(gap=24)
        self._build()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(self._time)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 14, 20, 14)
        column.setSpacing(6)
        column.addLayout(top)
        column.addLayout(self._flow)
        column.addWidget(self._kept)
        column.addWidget(self._quality)

    def show_reading(self, reading: Reading) -> None:
        texts = self._texts
        self._title.setText(texts.reading.kinds[reading.kind])
        self._time.setText(moment_text(reading.taken_at, texts))
        self._time.setWordWrap(not is_today(reading.taken_at))  # a date is long
        self._show_numbers(reading.quantities)
        _say(self._kept, attachment_text(reading.attachment, texts) if reading.attachment else "")
        _say(self._quality, quality_text(reading, texts))
        spoken = (self._title.text(), self._time.text(), line_text(reading, texts), self._quality.text())
        self.setAccessibleName(". ".join(part for part in spoken if part))

    def _show_numbers(self, quantities: tuple[Quantity, ...]) -> None:
        while len(self._numbers) < len(quantities):
            self._numbers.append(_Number())
            self._flow.addWidget(self._numbers[-1])
        for place, number in enumerate(self._numbers):
            number.setVisible(place < len(quantities))
            if place < len(quantities):
                number.show_quantity(quantities[place], self._texts)


class _Number(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._name = label("", "soft")
        self._name.setWordWrap(False)
        self._value = label("", "value")
        self._value.setWordWrap(False)
        self._unit = label("", "lead")
        self._unit.setWordWrap(False)
        self._absent = label("", "soft")
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._value)
        line.addWidget(self._unit)
        line.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._name)
        column.addLayout(line)
        column.addWidget(self._absent)

    def show_quantity(self, quantity: Quantity, texts: Texts) -> None:
        self._name.setText(metric_text(quantity, texts))
        self._value.setText(value_text(quantity, texts))
        _say(self._unit, unit_text(quantity, texts) if quantity.value is not None else "")
        _say(self._absent, absent_text(quantity, texts))


def _say(line: QLabel, text: str) -> None:
    line.setText(text)
    line.setVisible(bool(text))
