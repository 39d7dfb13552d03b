"""How much sound waits before it is played: just enough for this line. Pure.

The least that was at hand in the last two seconds says it all: jitter, lost packets, the drift of two clocks.
It is steered to a small margin by playing up to 0.5 % faster or slower, which nobody hears.
"""

from collections import deque

from drivers.chunks import CHUNK_MS, CHUNK_SAMPLES, RATE_HZ

MARGIN = RATE_HZ * 5 // 1000
START = CHUNK_SAMPLES
WANTED_MAX = RATE_HZ // 5
_RATIO_MAX = 0.005
_FULL_AT = CHUNK_SAMPLES  # samples too many or too few at which the correction is as large as it may be
_SLEW = 0.0004
_GROUP_TICKS, _GROUPS = 20, 5
_FORGET_S = 20.0
_EXCESS_QUIET, _EXCESS_ALWAYS = CHUNK_SAMPLES, 8 * CHUNK_SAMPLES


class Depth:
    """Told once per tick what would be left after it; says how fast to play."""

    def __init__(self) -> None:
        self.wanted = float(START)
        self._ratio = 1.0
        self._lows: deque[int] = deque(maxlen=_GROUPS)
        self._ticks = 0

    def restart(self) -> None:
        """What was seen is no longer true: playing begins anew."""
        self._lows.clear()
        self._ticks = 0

    def shift(self, samples: int) -> None:
        """So much was put in (or, below zero, left out) beside the usual flow."""
        self._lows = deque((low + samples for low in self._lows), _GROUPS)
        if samples > 0:
            self.wanted = min(self.wanted + samples, WANTED_MAX)

    def seen(self, left: int) -> None:
        """So many samples are left after this tick's."""
        if self._ticks % _GROUP_TICKS == 0:
            self._lows.append(left)
        self._lows[-1] = min(self._lows[-1], left)
        self._ticks += 1
        self.wanted -= (self.wanted - START) * CHUNK_MS / 1000 / _FORGET_S

    @property
    def excess(self) -> int:
        """Samples that were never needed lately; below zero when there were too few."""
        return min(self._lows) - MARGIN if self._lows else 0

    def ratio(self) -> float:
        """Samples to use for each one played; follows slowly, so that nothing is heard."""
        aim = 1 + max(-_RATIO_MAX, min(_RATIO_MAX, self.excess / _FULL_AT * _RATIO_MAX))
        self._ratio += max(-_SLEW, min(_SLEW, aim - self._ratio))
        return self._ratio

    def may_shed(self, quiet: bool) -> bool:
        """Whether a piece may be left out: much too much waits, or too much and nothing would be heard."""
        settled = len(self._lows) == _GROUPS
        return settled and self.excess > (_EXCESS_QUIET if quiet else _EXCESS_ALWAYS)
