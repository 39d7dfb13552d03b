"""The readings of the session: the latest of each instrument as a tile."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from devices.reading import Kind, Reading
from ui.state import State
from ui.text.table import Texts
from ui.widgets.parts import label
from ui.widgets.tile import Tile


class Board(QWidget):
    """`refresh` after every change; costs nothing where nothing is new."""

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self._empty = label(texts.consultation.no_readings)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)
        self._column.addWidget(self._empty)
        self._tiles: dict[Kind, Tile] = {}
        self._shown: dict[Kind, Reading] = {}

    def refresh(self, state: State) -> None:
        for reading in state.latest().values():
            self._show(reading)
        self._empty.setVisible(not self._tiles)

    def _show(self, reading: Reading) -> None:
        if self._shown.get(reading.kind) is reading:
            return
        self._shown[reading.kind] = reading
        if reading.kind not in self._tiles:
            self._tiles[reading.kind] = Tile(self._texts)
            self._column.addWidget(self._tiles[reading.kind])
        self._tiles[reading.kind].show_reading(reading)
