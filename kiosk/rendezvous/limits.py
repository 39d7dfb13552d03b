"""A rate limiter: so many events a minute for one key."""

from collections import OrderedDict

_KEYS_MAX = 10_000


class RateLimit:
    """Token bucket for each key, refilled evenly over a minute. Bounded: the oldest keys are forgotten."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, key: str, now_s: float) -> bool:
        """Count one event of `key` at `now_s` (any steady clock); False when it is one too many."""
        tokens, then_s = self._buckets.pop(key, (float(self._per_minute), now_s))
        tokens = min(self._per_minute, tokens + (now_s - then_s) * self._per_minute / 60)
        allowed = tokens >= 1
        self._buckets[key] = (tokens - 1 if allowed else tokens, now_s)
        while len(self._buckets) > _KEYS_MAX:
            self._buckets.popitem(last=False)
        return allowed
