"""A lost packet that is asked for again and again: how often, and how much of it all, is enough. Pure."""

_ROUND_TRIP_PART = 0.9
_APART_MIN_S = 0.020
_KEPT = 1024
_BUDGET, _BUDGET_S = 0.3, 0.5  # of the rate, over so long


class Resends:
    """`may_send` says whether this packet may leave again now, and takes note if so."""

    def __init__(self) -> None:
        self._sent_s: dict[int, float] = {}

    def may_send(self, sequence: int, rtt_s: float | None, now_s: float) -> bool:
        apart_s = max(_APART_MIN_S, _ROUND_TRIP_PART * (rtt_s if rtt_s is not None else 0.1))
        before_s = self._sent_s.pop(sequence, None)
        may = before_s is None or now_s - before_s >= apart_s
        self._sent_s[sequence] = now_s if may or before_s is None else before_s
        if len(self._sent_s) > _KEPT:
            del self._sent_s[next(iter(self._sent_s))]
        return may


class ResendBudget:
    """What all resends of a connection may cost: a line that drops what is too much must not get it again."""

    def __init__(self) -> None:
        self._credit_bytes = 0.0
        self._filled_s: float | None = None

    def take(self, size_bytes: int, rate_bps: float, now_s: float) -> bool:
        """False: not now. The receiver asks again."""
        most = max(3000.0, _BUDGET * rate_bps / 8 * _BUDGET_S)
        passed_s = _BUDGET_S if self._filled_s is None else now_s - self._filled_s
        self._credit_bytes = min(most, self._credit_bytes + _BUDGET * rate_bps / 8 * passed_s)
        self._filled_s = now_s
        if self._credit_bytes < size_bytes:
            return False
        self._credit_bytes -= size_bytes
        return True
