"""While a queue on the line must go. Pure: times are passed in, in s."""

_DRAINED_S = 0.030
_LOOK_AGAIN_S, _STUCK = 3.0, 0.9
_EXCESS_S, _EXCESS_LASTS_S = 0.2, 1.0


class Drain:
    """`begin` with the queue of that moment; `packet_s` is how long one packet takes, which is no queue."""

    def __init__(self) -> None:
        self._since_s = 0.0
        self._queue_s = 0.0

    def begin(self, queue_s: float, now_s: float) -> None:
        self._since_s, self._queue_s = now_s, queue_s

    @staticmethod
    def is_done(queue_s: float, packet_s: float) -> bool:
        return queue_s <= _DRAINED_S + 0.5 * packet_s

    def is_vain(self, queue_s: float, now_s: float) -> bool:
        """Every three seconds: the queue has not shrunk, so it is none. The way has become longer."""
        if now_s - self._since_s <= _LOOK_AGAIN_S:
            return False
        vain = queue_s > _STUCK * self._queue_s
        self.begin(queue_s, now_s)
        return vain

    def excess_s(self, queue_s: float, packet_s: float, now_s: float) -> float:
        """What is too much for any picture to be added. Only for a second: it may be no queue."""
        hopeful = now_s - self._since_s < _EXCESS_LASTS_S
        return max(0.0, queue_s - _EXCESS_S - packet_s) if hopeful else 0.0
