"""The readings of the session: the latest of each instrument as a tile, what was set aside apart."""

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
        self._aside: dict[Kind, Tile] = {}
        self._shown: dict[tuple[Kind, bool], Reading] = {}

    def refresh(self, state: State) -> None:
        for reading in _latest(state.readings).values():
            self._show(reading, aside=False)
        for reading in _latest(state.set_aside).values():
            self._show(reading, aside=True)
        self._empty.setVisible(not self._tiles and not self._aside)

    def _show(self, reading: Reading, *, aside: bool) -> None:
        if self._shown.get((reading.kind, aside)) is reading:
            return
        self._shown[(reading.kind, aside)] = reading
        tiles = self._aside if aside else self._tiles
        if reading.kind not in tiles:
            tiles[reading.kind] = Tile(self._texts, aside=aside)
            self._column.insertWidget(self._place(aside), tiles[reading.kind])
        tiles[reading.kind].show_reading(reading)

    def _place(self, aside: bool) -> int:
        """New tiles below the others; what was set aside last."""
        return self._column.count() if aside else 1 + len(self._tiles) - 1


def _latest(readings: list[Reading]) -> dict[Kind, Reading]:
    return {reading.kind: reading for reading in readings}
