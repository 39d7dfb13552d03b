"""How often pictures really come: a camera may be slower than asked, and a crowded line skips some. Pure."""

_SMOOTHING = 0.15
_PERIOD_MIN_S, _PERIOD_MAX_S = 1 / 60, 0.5


class Cadence:
    """`period_s` is the smoothed time between pictures. Begins anew with each new intended rate."""

    def __init__(self) -> None:
        self.period_s = 1 / 30
        self._intended_hz = 0.0
        self._last_s: float | None = None

    def picture(self, at_s: float, intended_hz: float) -> None:
        """A picture of this time is about to be encoded; `intended_hz` is how often they should come."""
        if intended_hz != self._intended_hz:
            self._intended_hz, self.period_s = intended_hz, _bounded(1 / max(intended_hz, 1.0))
        elif self._last_s is not None:
            self.period_s += (_bounded(at_s - self._last_s) - self.period_s) * _SMOOTHING
        self._last_s = at_s


def _bounded(period_s: float) -> float:
    return max(_PERIOD_MIN_S, min(period_s, _PERIOD_MAX_S))
