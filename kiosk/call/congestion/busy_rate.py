"""What a line carries, seen while it is busy: how fast arrives what found others waiting before it. Pure."""

from collections import deque

from kiosk.call.congestion.meters import Least

_LONGEST_S, _SHORTEST_S = 0.5, 0.1
_PACKETS_MIN = 4
_FOUND_EMPTY_S = 0.010  # above the least delay of the last two seconds
_LEAST_OF_S = 2.0


class BusyRate:
    """Give it each packet in the order of arrival. Times of both ends may differ by any constant.

    A mean over a fixed time takes the pauses between pictures for a narrow line, and what a line carried
    before it became narrow for what it carries.
    """

    def __init__(self) -> None:
        self._least = Least(_LEAST_OF_S)
        self._busy: deque[tuple[float, int]] = deque()

    def add(self, sent_s: float, arrived_s: float, size_bytes: int) -> None:
        delay_s = arrived_s - sent_s
        self._least.add(arrived_s, delay_s)
        least_s = self._least.value
        if least_s is not None and delay_s < least_s + _FOUND_EMPTY_S:
            self._busy.clear()
        self._busy.append((arrived_s, size_bytes))
        while self._busy[0][0] < arrived_s - _LONGEST_S:
            self._busy.popleft()

    @property
    def bps(self) -> float | None:
        """None while the line has not been busy for long enough to tell."""
        if len(self._busy) < _PACKETS_MIN or self._busy[-1][0] - self._busy[0][0] < _SHORTEST_S:
            return None
        carried_bytes = sum(size for _, size in self._busy) - self._busy[0][1]
        return carried_bytes * 8 / (self._busy[-1][0] - self._busy[0][0])
