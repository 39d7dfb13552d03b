"""Whether this processor keeps up with the encoding; if not, how much smaller the pictures must be. Pure."""

import threading
import time
from collections import deque

STEPS = (1.0, 0.6, 0.35, 0.2)  # of the pixels per second
_BUDGET = 0.65  # of one core, for all picture tracks together: more leaves too little for the rest
_WINDOW_S = 2.0
_ROOM = 0.75  # of the budget: what a larger step may need at most, as far as can be foreseen
_RAISE_S, _RAISE_MAX_S = 10.0, 160.0
_FLAP_S = 20.0  # a step that lasts less long than this was too early: wait twice as long for the next


class ProcessorWatch:
    """Told of each encoded picture, from any thread; `limit` (0 to 1) is the part that it can encode."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: deque[tuple[float, float]] = deque()
        self._spent_s = 0.0
        self._step = 0
        self._since_s: float | None = None  # the window counts from the last change
        self._clear_s: float | None = None
        self._raised_s = -_FLAP_S
        self._patience_s = _RAISE_S

    @property
    def limit(self) -> float:
        return STEPS[self._step]

    def took(self, took_s: float) -> None:
        """A picture of any track has taken this long, until now."""
        self.report(took_s, time.monotonic())

    def report(self, took_s: float, now_s: float) -> None:
        """The same, ended at `now_s`."""
        with self._lock:
            self._times.append((now_s, took_s))
            self._spent_s += took_s
            while self._times[0][0] <= now_s - _WINDOW_S:
                self._spent_s -= self._times.popleft()[1]
            if self._since_s is None:
                self._since_s = now_s
            if now_s - self._since_s >= _WINDOW_S:
                self._judge(self._spent_s / _WINDOW_S, now_s)

    def _judge(self, load: float, now_s: float) -> None:
        if load > _BUDGET:
            self._lower(now_s)
        elif self._has_room(load):
            self._clear_s = now_s if self._clear_s is None else self._clear_s
            if now_s - self._clear_s >= self._patience_s:
                self._raise(now_s)
        else:
            self._clear_s = None

    def _has_room(self, load: float) -> bool:
        return self._step > 0 and load * STEPS[self._step - 1] / self.limit < _BUDGET * _ROOM

    def _lower(self, now_s: float) -> None:
        if self._step == len(STEPS) - 1:
            return
        flapped = now_s - self._raised_s < _FLAP_S
        self._patience_s = min(self._patience_s * 2, _RAISE_MAX_S) if flapped else _RAISE_S
        self._change(self._step + 1, now_s)

    def _raise(self, now_s: float) -> None:
        self._raised_s = now_s
        self._change(self._step - 1, now_s)

    def _change(self, step: int, now_s: float) -> None:
        self._step, self._since_s, self._clear_s = step, now_s, None
        self._times.clear()
        self._spent_s = 0.0
