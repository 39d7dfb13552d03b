"""All instruments, each on its row."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from kiosk.events import InstrumentStatus
from ui.text.table import Texts
from ui.widgets.instrument_row import InstrumentRow, Read
from ui.widgets.parts import label


class InstrumentList(QWidget):
    def __init__(self, texts: Texts, read: Read) -> None:
        """`read`: see InstrumentRow."""
        super().__init__()
        self._texts = texts
        self._read = read
        self._rows: dict[str, InstrumentRow] = {}
        self._shown: tuple[InstrumentStatus, ...] = ()
        self._empty = label(texts.consultation.no_instruments)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addWidget(self._empty)

    def refresh(self, instruments: tuple[InstrumentStatus, ...]) -> None:
        if instruments == self._shown:
            return
        self._shown = instruments
        self._empty.setVisible(not instruments)
        for gone in self._rows.keys() - {status.id for status in instruments}:
            self._rows.pop(gone).deleteLater()
        kinds = [status.kinds for status in instruments]
        for status in instruments:
            if status.id not in self._rows:
                self._rows[status.id] = InstrumentRow(self._texts, self._read)
                self._column.addWidget(self._rows[status.id])
            self._rows[status.id].show_status(status, alone=kinds.count(status.kinds) == 1)
