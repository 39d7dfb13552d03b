"""One direction of a bad line: when does a packet leave, if at all? Pure; chance is seeded."""

from dataclasses import dataclass
from random import Random

HEADER_BYTES = 28  # IPv4 and UDP
_REORDER_EXTRA_S = 0.03


@dataclass(frozen=True, slots=True)
class Impairment:
    """`loss`, `reorder` and `duplicate`: shares of the packets, 0 to 1. `rate_kbps` 0: as fast as it comes.

    `delay_ms` is for one way; `jitter_ms` adds 0 to that much, and keeps the order. What would wait longer
    than `queue_ms` for its turn at this rate is dropped.
    """

    loss: float = 0.0
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    reorder: float = 0.0
    duplicate: float = 0.0
    rate_kbps: float = 0.0
    queue_ms: float = 400.0


@dataclass(slots=True)
class Counters:
    """Since the beginning. Bytes with headers, of what left."""

    packets: int = 0
    bytes: int = 0
    lost: int = 0
    overflowed: int = 0


class Shaper:
    """Ask it once for each packet, in the order of their coming."""

    def __init__(self, seed: int) -> None:
        self.impairment = Impairment()
        self.counters = Counters()
        self._chance = Random(seed)
        self._link_free_s = 0.0
        self._last_s = 0.0

    def departures(self, size: int, now_s: float) -> tuple[float, ...]:
        """When a datagram of `size` bytes leaves: nothing when it is lost, two times when it is doubled."""
        way = self.impairment
        if self._chance.random() < way.loss:
            self.counters.lost += 1
            return ()
        sent_s = self._transmitted(size, now_s)
        if sent_s is None:
            self.counters.overflowed += 1
            return ()
        self._count(size)
        at_s = self._delayed(sent_s)
        return (at_s, at_s) if self._chance.random() < way.duplicate else (at_s,)

    def stream_departure(self, size: int, now_s: float, retransmission_s: float) -> float:
        """When a piece of a TCP stream leaves: what would be lost is late by one retransmission."""
        at_s = max(now_s, self._link_free_s)
        rate = self.impairment.rate_kbps
        self._link_free_s = at_s + ((size + HEADER_BYTES) * 8 / (rate * 1000) if rate else 0.0)
        self._count(size)
        late_s = retransmission_s if self._chance.random() < self.impairment.loss else 0.0
        return self._link_free_s + self.impairment.delay_ms / 1000 + late_s

    def _transmitted(self, size: int, now_s: float) -> float | None:
        """The end of this packet's turn on a link of this rate; None when the queue is too long."""
        rate = self.impairment.rate_kbps
        if not rate:
            return now_s
        begin_s = max(now_s, self._link_free_s)
        if begin_s - now_s > self.impairment.queue_ms / 1000:
            return None
        self._link_free_s = begin_s + (size + HEADER_BYTES) * 8 / (rate * 1000)
        return self._link_free_s

    def _delayed(self, sent_s: float) -> float:
        way = self.impairment
        at_s = sent_s + (way.delay_ms + self._chance.random() * way.jitter_ms) / 1000
        if self._chance.random() < way.reorder:
            return at_s + _REORDER_EXTRA_S
        self._last_s = max(at_s, self._last_s)
        return self._last_s

    def _count(self, size: int) -> None:
        self.counters.packets += 1
        self.counters.bytes += size + HEADER_BYTES
