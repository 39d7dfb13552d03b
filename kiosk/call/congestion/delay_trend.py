"""The queue on the line, from the delay of packets: clocks of both ends need not agree. Pure."""

from collections import deque

from kiosk.call.congestion.meters import Least

_BASE_WINDOW_S = 15.0  # clocks that drift by 100 ppm part by 1.5 ms in it
_TREND_S = 0.3


class DelayTrend:
    """`queue_s`: the standing queue, the least delay of the last `window_s` above the least of the last 15 s.

    The least, because the queue of one picture's burst comes and goes; `trend`: seconds of queue a second.
    """

    def __init__(self, window_s: float = 0.2, samples_min: int = 3) -> None:
        self._window_s = window_s
        self._samples_min = samples_min
        self._base = Least(_BASE_WINDOW_S)
        self._recent: deque[tuple[float, float]] = deque()
        self._standing: deque[tuple[float, float]] = deque()
        self.queue_s = 0.0

    def add(self, sent_s: float, arrived_s: float) -> None:
        """One packet, in the order of arrival."""
        delay_s = arrived_s - sent_s
        self._base.add(arrived_s, delay_s)
        self._recent.append((arrived_s, delay_s))
        while self._recent[0][0] < arrived_s - self._window_s and len(self._recent) > self._samples_min:
            self._recent.popleft()
        base_s = self._base.value
        if len(self._recent) < self._samples_min or base_s is None:
            return
        self.queue_s = min(delay for _, delay in self._recent) - base_s
        self._standing.append((arrived_s, self.queue_s))
        while self._standing[0][0] < arrived_s - _TREND_S:
            self._standing.popleft()

    @property
    def trend(self) -> float:
        if len(self._standing) < 2:
            return 0.0
        (first_s, before_s), (last_s, now_s) = self._standing[0], self._standing[-1]
        return (now_s - before_s) / (last_s - first_s) if last_s - first_s > _TREND_S / 2 else 0.0

    def rebase(self) -> None:
        """What the delay is now, it is without a queue: the way has changed."""
        recent = list(self._recent)
        self._base.clear()
        self._standing.clear()
        self.queue_s = 0.0
        for arrived_s, delay_s in recent:
            self._base.add(arrived_s, delay_s)
