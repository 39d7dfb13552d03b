"""A lost packet that is asked for again and again: once per round trip is enough. Pure."""

_ROUND_TRIP_PART = 0.8
_APART_MIN_S = 0.020
_KEPT = 1024


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
