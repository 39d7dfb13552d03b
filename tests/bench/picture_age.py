"""How old is the picture on the kiosk's screen? Reads the barcode out of the X server's own memory."""

import threading
import time
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from tests.bench.xvfb import XScreen
from tests.fakes.pictures import BARCODE_BITS, BARCODE_CELL, BARCODE_HEIGHT, HEIGHT, WIDTH

_PERIOD_S = 0.001
_WEIGHTS = 1 << np.arange(BARCODE_BITS, dtype=np.uint64)


def read_row(row: NDArray[np.uint8], x: int, width: int) -> int:
    """The time that stands in one row of pixels; the picture begins at column `x` and is `width` wide."""
    columns = x + ((np.arange(BARCODE_BITS) + 0.5) * BARCODE_CELL * width / WIDTH).astype(int)
    return int(((row[columns] > 127) * _WEIGHTS).sum())


class PictureAge:
    """Looks every millisecond while its block lasts; `ages_ms` has the age of each picture when it appeared.

    The place is that of the whole picture in pixels of the screen. A code that is half painted is absurd: one
    counts only when it is there again a millisecond later, with the time of its first look.
    """

    def __init__(self, screen: XScreen, x: int, y: int, width: int, height: int) -> None:
        self.ages_ms: list[float] = []
        self._row: NDArray[np.uint8] = screen.pixels[y + int(BARCODE_HEIGHT / 2 * height / HEIGHT), :, 1]
        self._x, self._width = x, width
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "PictureAge":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def _look(self) -> None:
        shown, seen, seen_ms = -1, -1, 0.0
        while not self._stopped.wait(_PERIOD_S):
            code = read_row(self._row, self._x, self._width)
            if code != seen:
                seen, seen_ms = code, time.time() * 1000
            elif code != shown:
                shown = code
                self.ages_ms.append(round(seen_ms % 2**BARCODE_BITS - code, 2))
