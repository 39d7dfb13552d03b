"""How long a Qt loop does not come round: a 10 ms timer that writes down how late it was called."""

import time

from PySide6.QtCore import QObject, Qt, QTimer

from tests.bench.saying import say

PERIOD_MS = 10


class LoopGaps:
    """Prints one JSON line a second: {"what": "gaps", "t": s, "worst_ms", "all_ms": [...]}.

    A gap is the time between two ticks less the period: 0 is a loop that is never late.
    """

    def __init__(self, parent: QObject) -> None:
        self._last = self._told = time.perf_counter()
        self._gaps_ms: list[float] = []
        self._timer = QTimer(parent)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(PERIOD_MS)

    def _tick(self) -> None:
        now = time.perf_counter()
        self._gaps_ms.append(round(max(0.0, (now - self._last) * 1000 - PERIOD_MS), 2))
        self._last = now
        if now - self._told >= 1.0:
            self._told = now
            say("gaps", worst_ms=max(self._gaps_ms), all_ms=self._gaps_ms)
            self._gaps_ms = []
