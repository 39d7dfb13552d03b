"""Whether samples come as fast as was declared, and whether some are missing. Pure.

Only the clock can tell: nothing in the stream counts its samples. What comes late is not lost as long as it
comes; so the smallest delay within half a second is compared with the usual one. A board's clock may be off
by 1 %.

What cannot be known: a loss of less than 60 ms, and one of the last half second. At another rate than the
declared one a heart beats faster or slower than it does: such a stream is refused, and nothing is heard of
its first second.
"""

import math

from drivers.chunks import CHUNK_MS
from drivers.instrument import DriverError, Reason

PROVED_S = 1.0
LOOK_S, LOST_S = 0.5, 0.06
DRIFT = 0.01
SLACK_S, MOST_LOST = 0.3, 0.15


class Pace:
    """`now_s`: any clock that runs evenly."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._began_s: float | None = None
        self._samples = 0.0
        self._usual_s = 0.0
        self._least_s = math.inf
        self._look_at_s = 0.0
        self.is_proved = False

    def took(self, samples: float, now_s: float) -> int:
        """So many have come. Returns how many chunks are missing; DriverError (GARBLED): it is another rate.

        The first ones may have waited since nobody knows when: they do not count.
        """
        if self._began_s is None:
            self._began_s, self._look_at_s = now_s, now_s + LOOK_S
            return 0
        self._samples += samples
        elapsed_s = now_s - self._began_s
        late_s = elapsed_s - self._samples / self._rate_hz
        self._least_s = min(self._least_s, late_s)
        if late_s < -SLACK_S - DRIFT * elapsed_s or self._least_s > SLACK_S + MOST_LOST * elapsed_s:
            raise DriverError(Reason.GARBLED, f"{self._samples:.0f} samples within {elapsed_s:.1f} s")
        self.is_proved |= elapsed_s >= PROVED_S and late_s <= SLACK_S
        return self._look(now_s) if now_s >= self._look_at_s else 0

    def _look(self, now_s: float) -> int:
        later_s = self._least_s - self._usual_s
        self._look_at_s, self._least_s = now_s + LOOK_S, math.inf
        if later_s > LOST_S:
            self._usual_s += later_s
            return math.ceil(later_s * 1000 / CHUNK_MS)
        self._usual_s += min(later_s, DRIFT * LOOK_S)
        return 0
