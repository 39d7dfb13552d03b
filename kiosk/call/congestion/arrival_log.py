"""What arrived since the last feedback message, by transport-wide number. Pure."""

from kiosk.call.congestion.feedback_message import TICK_S, TICKS_WRAP, Feedback

_SPAN_MAX = 1000  # packets in one message; a greater jump is another numbering
_LATE_MAX = 200
_KEPT_TICKS = int(1 / TICK_S)  # a late packet is told of together with its neighbours
_APART_TICKS = int(4 / TICK_S)  # half of what one message can span


class ArrivalLog:
    """`add` each packet, `take` one message for all that came since. One direction of one connection."""

    def __init__(self) -> None:
        self._ticks: dict[int, int] = {}
        self._next: int | None = None
        self._highest = self._latest = 0
        self._count = 0

    def add(self, number: int, arrived_s: float) -> None:
        """`number` modulo 2^16; `arrived_s` of any clock that never runs backwards."""
        if self._next is None:
            self._next = self._highest = number
        unwrapped = self._highest + ((number - self._highest + 0x8000) % 0x10000 - 0x8000)
        ticks = int(arrived_s / TICK_S) % TICKS_WRAP
        apart, self._latest = (ticks - self._latest) % TICKS_WRAP, ticks
        if abs(unwrapped - self._next) > _SPAN_MAX or apart > _APART_TICKS:
            self._ticks.clear()
            self._next = self._highest = unwrapped
        self._highest = max(self._highest, unwrapped)
        if unwrapped > self._highest - _LATE_MAX:
            self._next = min(self._next, unwrapped)
            self._ticks.setdefault(unwrapped, ticks)

    def take(self, sender_ssrc: int, media_ssrc: int) -> Feedback | None:
        """None when nothing came."""
        if self._next is None or not any(number >= self._next for number in self._ticks):
            return None
        numbers = range(self._next, self._highest + 1)
        arrivals = tuple(self._ticks.get(number) for number in numbers)
        feedback = Feedback(sender_ssrc, media_ssrc, self._next % 0x10000, self._count, arrivals)
        self._next = self._highest + 1
        self._count = (self._count + 1) % 0x100
        latest = self._ticks[self._highest]
        self._ticks = {n: t for n, t in self._ticks.items() if (latest - t) % TICKS_WRAP < _KEPT_TICKS}
        return feedback
