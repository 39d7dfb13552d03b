"""Rates and least values over a moving window of time. Pure."""

from collections import deque


class RateMeter:
    """Bytes of the last `window_s`, as bit/s. Times never run backwards by more than disorder on the line."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._marks: deque[tuple[float, int]] = deque()
        self._bytes = 0
        self._latest_s = 0.0

    def add(self, at_s: float, size_bytes: int) -> None:
        self._marks.append((at_s, size_bytes))
        self._bytes += size_bytes
        self._latest_s = max(self._latest_s, at_s) if len(self._marks) > 1 else at_s
        self._forget(self._latest_s)

    def rate_bps(self, now_s: float | None = None) -> float:
        """At the latest mark, or at `now_s` of the same clock."""
        if now_s is not None:
            self._forget(now_s)
        return self._bytes * 8 / self._window_s

    def _forget(self, now_s: float) -> None:
        while self._marks and self._marks[0][0] <= now_s - self._window_s:
            self._bytes -= self._marks.popleft()[1]


class Least:
    """The least value of the last `window_s`, exact to a tenth of it."""

    def __init__(self, window_s: float) -> None:
        self._bucket_s = window_s / 10
        self._buckets: deque[tuple[int, float]] = deque(maxlen=11)

    def add(self, at_s: float, value: float) -> None:
        bucket = int(at_s / self._bucket_s)
        if self._buckets and self._buckets[-1][0] >= bucket:
            self._buckets[-1] = (self._buckets[-1][0], min(self._buckets[-1][1], value))
        else:
            self._buckets.append((bucket, value))
        while self._buckets[0][0] < bucket - 10:
            self._buckets.popleft()

    def clear(self) -> None:
        self._buckets.clear()

    @property
    def value(self) -> float | None:
        return min((value for _, value in self._buckets), default=None)
