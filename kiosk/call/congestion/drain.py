"""While a queue on the line must go. Pure: times are passed in, in s."""

_DRAINED_S = 0.030
_LOOK_AGAIN_S, _STUCK = 3.0, 0.9
_LONG_S, _PAUSE_S = 0.3, 1.0


class Drain:
    """`begin` with the queue of that moment; `packet_s` is how long one packet takes, which is no queue."""

    def __init__(self) -> None:
        self._since_s = 0.0
        self._queue_s = 0.0
        self.before_bps = 0.0
        """The rate when it began."""

    def begin(self, queue_s: float, rate_bps: float, now_s: float) -> None:
        self.before_bps = rate_bps
        self._look(queue_s, now_s)

    def _look(self, queue_s: float, now_s: float) -> None:
        self._since_s, self._queue_s = now_s, queue_s

    @staticmethod
    def is_done(queue_s: float, packet_s: float) -> bool:
        return queue_s <= _DRAINED_S + 0.5 * packet_s

    def is_vain(self, queue_s: float, now_s: float) -> bool:
        """Every three seconds: the queue has not shrunk, so it is none. The way has become longer."""
        if now_s - self._since_s <= _LOOK_AGAIN_S:
            return False
        vain = queue_s > _STUCK * self._queue_s
        self._look(queue_s, now_s)
        return vain

    def is_long(self, queue_s: float, packet_s: float, now_s: float) -> bool:
        """No picture should be added. For a second only, then a look at what it did: it may be no queue."""
        return now_s - self._since_s < _PAUSE_S and queue_s > _LONG_S + packet_s
