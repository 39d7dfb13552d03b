"""By what time something is too old, though the kiosk's clock may be wrong for a while.

What is pruned never comes back: a clock that leaps by years, until somebody or the network sets it right,
must not make everything too old at once. So this time follows the clock in steps.
"""

import time

from offline_queue.rows import Rows

EVERY_S = 3600.0
STEP_S = 86400.0
"""So much for each pruning: a clock that is wrong costs as much, and what a kiosk was switched off for is
made up for as fast."""
BELIEVED = "outbox_pruned"
"""The kiosk's state: the time that was believed at the last pruning (Unix time)."""


class Ageing:
    """The store's thread only."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._asked_s: float | None = None  # on the clock that nobody sets

    @property
    def is_due(self) -> bool:
        return self._asked_s is None or time.monotonic() - self._asked_s >= EVERY_S

    def believed(self, now: float) -> float:
        """No later than `now` (both Unix time), nor than a step after what was believed before. The caller
        holds the transaction. The first time ever nothing is old."""
        passed_s = 0.0 if self._asked_s is None else time.monotonic() - self._asked_s
        self._asked_s = time.monotonic()
        before = self._rows.state(BELIEVED)
        last = now if before is None else float(before)
        # Back in steps too: a clock that begins in 1970 would take years to be made up for.
        time_now = min(max(now, last - STEP_S), last + passed_s + STEP_S)
        self._rows.set_state(BELIEVED, str(time_now).encode())
        return 0.0 if before is None else min(now, time_now)
