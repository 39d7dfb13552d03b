"""What left, by transport-wide number, until the other end has told what became of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from kiosk.call.congestion.feedback_message import TICK_S, TICKS_WRAP, Feedback

_KEPT_MAX = 8192


@dataclass(frozen=True, slots=True)
class Ack:
    """One packet's fate. `arrived_s` is the receiver's clock; None: lost. `size_bytes` on the wire."""

    sent_s: float
    arrived_s: float | None
    size_bytes: int


class SentLog:
    """`add` numbers a packet; `acks` looks up those of a feedback message, each packet once."""

    def __init__(self) -> None:
        self._sent: dict[int, tuple[float, int]] = {}
        self._next = 1
        self._ticks: int | None = None
        self._awaited: dict[int, None] = {}

    def add(self, sent_s: float, size_bytes: int) -> int:
        """The packet's number, modulo 2^16."""
        number, self._next = self._next, self._next + 1
        self._sent[number] = (sent_s, size_bytes)
        self._sent.pop(number - _KEPT_MAX, None)
        return number % 0x10000

    def acks(self, feedback: Feedback) -> Sequence[Ack]:
        """A packet is lost when a later message still does not know it: it may just be late."""
        base = self._next - ((self._next - feedback.base) % 0x10000)
        lost = [self._ack(number, None) for number in self._awaited if number < base]
        self._awaited = {number: None for number in self._awaited if number >= base}
        found = lost
        for number, ticks in enumerate(feedback.arrivals, base):
            if ticks is None:
                if number in self._sent:  # not of what was never sent
                    self._awaited[number] = None
                continue
            self._awaited.pop(number, None)
            found.append(self._ack(number, self._seconds(ticks)))
        return [ack for ack in found if ack is not None]

    def _ack(self, number: int, arrived_s: float | None) -> Ack | None:
        known = self._sent.pop(number, None)
        return Ack(known[0], arrived_s, known[1]) if known is not None else None

    def _seconds(self, ticks: int) -> float:
        before = ticks if self._ticks is None else self._ticks
        step = (ticks - before + TICKS_WRAP // 2) % TICKS_WRAP - TICKS_WRAP // 2
        self._ticks = before + step
        return self._ticks * TICK_S
