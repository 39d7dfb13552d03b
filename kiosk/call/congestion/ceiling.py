"""What the line carried when it was last full. Pure."""

_ALIKE = 0.3
_NEAR, _BEYOND, _PROVEN = 0.92, 1.05, 1.06
_SLOW, _FAST = 0.04, 0.8  # of the rate, a second
_IDLE, _IDLE_MIN = 0.12, 0.02  # the same, while nobody sends as much; less each time it proves to be too much
_PROOF_S = 0.4
_NO_QUEUE_S = 0.030


class Ceiling:
    """Climb fast below it, slowly near it; when the line takes clearly more without a queue, forget it."""

    def __init__(self) -> None:
        self.bps: float | None = None
        self._confirmed = 0
        self._beyond_since_s: float | None = None

    def learn(self, carried_bps: float) -> None:
        known = self.bps
        alike = known is not None and abs(carried_bps - known) < _ALIKE * known
        self._confirmed = self._confirmed + 1 if alike else 0
        self.bps = (known + carried_bps) / 2 if alike and known is not None else carried_bps
        self._beyond_since_s = None

    def forget(self) -> None:
        self.bps = self._beyond_since_s = None

    def growth(self, rate_bps: float, acked_bps: float, queue_s: float, now_s: float) -> float:
        """Of the rate, for the next second."""
        if self.bps is None or rate_bps < _NEAR * self.bps:
            return _FAST
        if rate_bps < _BEYOND * self.bps:
            self._beyond_since_s = None
            return _SLOW
        if queue_s > _NO_QUEUE_S:
            self._beyond_since_s = None
            return _SLOW
        if acked_bps < _PROVEN * self.bps:
            self._beyond_since_s = None
            return max(_IDLE_MIN, _IDLE / (1 + self._confirmed))
        if self._beyond_since_s is None:
            self._beyond_since_s = now_s
        if now_s - self._beyond_since_s >= _PROOF_S:
            self.forget()
        return _SLOW
