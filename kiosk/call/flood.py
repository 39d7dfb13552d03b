"""How much a page may say: far more than it ever needs, far less than keeps a processor busy. Pure."""

_RATE_HZ = 200.0
_BURST = 1000.0


class Flood:
    """`passes` for each message: False when there were more than 200 a second for too long (1000 at once)."""

    def __init__(self) -> None:
        self._credit = _BURST
        self._filled_s: float | None = None

    def passes(self, now_s: float) -> bool:
        passed_s = 0.0 if self._filled_s is None else max(0.0, now_s - self._filled_s)
        self._filled_s = now_s
        self._credit = min(_BURST, self._credit + passed_s * _RATE_HZ)
        if self._credit < 1:
            return False
        self._credit -= 1
        return True
