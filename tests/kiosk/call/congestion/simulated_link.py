"""A line in simulated time: capacity that changes, a drop-tail queue, loss, jitter, a policer, cuts.

And a sender that follows the controller as the kiosk does: a voice and pictures in bursts.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.call.congestion.controller import Controller
from kiosk.call.congestion.sent_log import Ack

STEP_S = 0.005
PACKET_BYTES = 1200
VOICE_BYTES, VOICE_PERIOD_S = 142, 0.02


@dataclass(frozen=True, slots=True)
class Line:
    """`capacity_bps` at a time, 0 while it is cut. `queue_max_s` of the capacity at that time."""

    capacity_bps: Callable[[float], float]
    queue_max_s: float = 0.4
    queue_bytes: float | None = None
    loss: float = 0.0
    delay_s: float = 0.025
    jitter_s: float = 0.0
    policed_bps: float | None = None
    policer_bytes: float = 8_000.0
    clock_offset_s: float = -1234.5
    drift: float = 0.0


@dataclass(frozen=True, slots=True)
class Moment:
    """A tenth of a second: what the controller wants, what arrived, how long the true queue is."""

    at_s: float
    rate_bps: float
    arrived_bps: float
    queue_s: float
    estimate_s: float
    state: str


def steady(rate_bps: float) -> Callable[[float], float]:
    return lambda _: rate_bps


def steps(*changes: tuple[float, float]) -> Callable[[float], float]:
    """(from this second on, bit/s), in order."""
    return lambda at_s: next(rate for since_s, rate in reversed(changes) if at_s >= since_s)


@dataclass
class Simulation:
    """`run` it for some seconds; `moments` are kept."""

    line: Line
    controller: Controller = field(default_factory=Controller)
    seed: int = 1
    fill: float = 1.0
    frame_rate_hz: float = 15.0
    feedback_s: float = 0.05
    moments: list[Moment] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._now_s = 0.0
        self._queue: list[tuple[float, int]] = []
        self._queued_bytes = 0.0
        self._credit_bytes = 0.0
        self._policer_bytes = self.line.policer_bytes
        self._waiting: list[int] = []  # the pacer
        self._pace_bytes = 0.0
        self._fates: list[tuple[float, Ack]] = []
        self._news: list[tuple[float, list[Ack]]] = []
        self._arrived_bytes = 0
        self._voice_s = self._frame_s = self._feedback_s = self._tick_s = 0.0

    def run(self, seconds: float) -> "Simulation":
        until_s = self._now_s + seconds
        while self._now_s < until_s:
            self._now_s += STEP_S
            self._produce()
            self._transmit()
            self._report()
            self._tick()
        return self

    def between(self, from_s: float, to_s: float) -> list[Moment]:
        return [moment for moment in self.moments if from_s <= moment.at_s < to_s]

    # The sender

    def _produce(self) -> None:
        while self._voice_s <= self._now_s:
            self._voice_s += VOICE_PERIOD_S
            self._pace_bytes -= VOICE_BYTES
            self._send(VOICE_BYTES)
        rate_bps = self.controller.rate_bps
        while self._frame_s <= self._now_s:
            self._frame_s += 1 / self.frame_rate_hz
            video_bps = max(0.0, rate_bps * self.fill - VOICE_BYTES * 8 / VOICE_PERIOD_S)
            self._picture(video_bps / 8 / self.frame_rate_hz * self._random.uniform(0.8, 1.2))
        self._pace_bytes = min(
            self._pace_bytes + self.controller.burst_bps / 8 * STEP_S,
            max(2 * PACKET_BYTES, rate_bps / 8 * 0.04),
        )
        while self._waiting and self._pace_bytes > 0:
            self._pace_bytes -= self._waiting[0]
            self._send(self._waiting.pop(0))

    def _picture(self, size_bytes: float) -> None:
        waits_s = sum(self._waiting) * 8 / self.controller.rate_bps
        if waits_s > 0.3 or self.controller.is_overfull:
            return  # the encoder skips one
        while size_bytes > 60:
            self._waiting.append(int(min(PACKET_BYTES, size_bytes)))
            size_bytes -= PACKET_BYTES

    def _send(self, size_bytes: int) -> None:
        self.controller.on_sent(size_bytes, self._now_s)
        capacity_bps = self.line.capacity_bps(self._now_s)
        room = self.line.queue_bytes or max(3000.0, self.line.queue_max_s * capacity_bps / 8)
        police = self.line.policed_bps is not None and self._policer_bytes < size_bytes
        if police or self._queued_bytes + size_bytes > room or not capacity_bps:
            self._fate(None, self._now_s, size_bytes)
            return
        self._policer_bytes -= size_bytes
        self._queue.append((self._now_s, size_bytes))
        self._queued_bytes += size_bytes

    # The line

    def _transmit(self) -> None:
        line = self.line
        if line.policed_bps is not None:
            more = self._policer_bytes + line.policed_bps / 8 * STEP_S
            self._policer_bytes = min(line.policer_bytes, more)
        self._credit_bytes += line.capacity_bps(self._now_s) / 8 * STEP_S
        while self._queue and self._credit_bytes >= self._queue[0][1]:
            sent_s, size_bytes = self._queue.pop(0)
            self._credit_bytes -= size_bytes
            self._queued_bytes -= size_bytes
            lost = self._random.random() < line.loss
            arrived_s = self._now_s + line.delay_s + self._random.uniform(0, line.jitter_s)
            self._fate(None if lost else arrived_s, sent_s, size_bytes)
        if not self._queue:
            self._credit_bytes = 0.0

    def _fate(self, arrived_s: float | None, sent_s: float, size_bytes: int) -> None:
        known_s = arrived_s if arrived_s is not None else self._now_s + self.line.delay_s
        shown_s = None
        if arrived_s is not None:
            self._arrived_bytes += size_bytes
            shown_s = arrived_s * (1 + self.line.drift) + self.line.clock_offset_s
        self._fates.append((known_s, Ack(sent_s, shown_s, size_bytes)))

    # The way back

    def _report(self) -> None:
        if self._now_s < self._feedback_s:
            return
        self._feedback_s += self.feedback_s
        told = [ack for known_s, ack in self._fates if known_s <= self._now_s]
        self._fates = [pair for pair in self._fates if pair[0] > self._now_s]
        if any(ack.arrived_s is not None for ack in told):  # else the receiver has nothing to answer
            if self.line.capacity_bps(self._now_s):
                self._news.append((self._now_s + self.line.delay_s, told))
        else:
            self._fates = [(self._now_s, ack) for ack in told] + self._fates
        while self._news and self._news[0][0] <= self._now_s:
            self.controller.on_acks(self._news.pop(0)[1], self._now_s)

    def _tick(self) -> None:
        if self._now_s < self._tick_s:
            return
        self._tick_s += 0.1
        controller = self.controller
        controller.tick(self._now_s)
        capacity_bps = self.line.capacity_bps(self._now_s)
        queue_s = self._queued_bytes * 8 / capacity_bps if capacity_bps else 0.0
        self.moments.append(
            Moment(
                self._now_s,
                controller.rate_bps,
                self._arrived_bytes * 80,
                queue_s,
                controller.queue_s,
                controller.state,
            )
        )
        self._arrived_bytes = 0


def mean(values: list[float]) -> float:
    return sum(values) / len(values)
