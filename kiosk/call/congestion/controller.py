"""How fast one connection may send: delay first, then loss, then silence. Pure: times are passed in, in s.

After Carlucci et al., "Congestion control for web real-time communication" (2017); RFC 8836 says what for.
"""

from collections.abc import Sequence
from enum import StrEnum

from kiosk.call.congestion.ceiling import Ceiling
from kiosk.call.congestion.drain import Drain
from kiosk.call.congestion.loss_rule import Verdict
from kiosk.call.congestion.observed import Observed
from kiosk.call.congestion.sent_log import Ack
from kiosk.call.congestion.silence import Silence

START_BPS, MIN_BPS, MAX_BPS = 500_000, 30_000, 4_000_000
_SILENT_BPS = 40_000  # a lean voice and the data: enough to notice that the line is back
_HEAVY_FLOOR_BPS = 50_000

_QUEUE_MAX_S = 0.045
_GROWING_QUEUE_S, _GROWING_TREND = 0.035, 0.15
_QUEUE_CLEAR_S = 0.025
_PACKET_BITS, _PACKET_MAX_S = 9_600, 0.1
_BACK_OFF, _BACK_OFF_MIN = 0.85, 0.35
_AFTER_DRAIN = 0.95
_BURST, _BURST_MIN = 1.7, 1.1  # of the rate: a key frame takes longer than others, but not seconds
_TRIAL_CUT, _POLICED_CUT = 0.7, 0.92
_START_GROWTH = 1.0
_UNPROVEN, _UNPROVEN_MARGIN_BPS = 1.5, 40_000
_SILENCE_HALF_S = 0.25
_BACK_AGAIN = 0.75
_TICK_MAX_S = 0.5


class State(StrEnum):
    """START: nothing is known yet. CLIMB: towards the ceiling. DRAIN: a queue must go. SILENT: no news."""

    START = "start"
    CLIMB = "climb"
    DRAIN = "drain"
    SILENT = "silent"


class Controller:
    """`rate_bps` is for everything on the wire, headers included. Call `tick` about every 100 ms."""

    def __init__(self, start_bps: int = START_BPS, max_bps: int = MAX_BPS) -> None:
        self._rate_bps = float(min(start_bps, max_bps))
        self._max_bps = max_bps
        self.state = State.START
        self._line = Observed()
        self._silence = Silence()
        self._ceiling = Ceiling()
        self._drain = Drain()
        self._ticked_s: float | None = None
        self._blind_until_s = 0.0
        self._before_bps = self._rate_bps
        self._carried_before_bps = self._rate_bps

    # What is known

    @property
    def rate_bps(self) -> int:
        return int(self._rate_bps)

    @property
    def settled_bps(self) -> float:
        """The rate without the brief dip that lets a queue drain: what pictures are measured for."""
        return max(self._rate_bps, self._after_drain_bps) if self.state is State.DRAIN else self._rate_bps

    @property
    def burst_bps(self) -> float:
        """How fast one picture may leave: faster than the rate, but not than the line is known to carry."""
        least_bps = _BURST_MIN * self._rate_bps
        if self.state is State.DRAIN:
            return least_bps  # or what waits here would keep the queue as long as it is
        return min(_BURST * self._rate_bps, max(self._ceiling.bps or MAX_BPS * _BURST, least_bps))

    @property
    def _after_drain_bps(self) -> float:
        return min(self._drain.before_bps, _AFTER_DRAIN * (self._ceiling.bps or 0.0))

    @property
    def rtt_s(self) -> float | None:
        return self._line.rtt_s

    @property
    def loss(self) -> float:
        """Of the last two seconds, 0 to 1."""
        return self._line.loss.loss

    @property
    def answer_s(self) -> float:
        """A round trip with the queue of this moment."""
        return self._line.answer_s

    @property
    def queue_s(self) -> float:
        """The standing queue in front of us."""
        return self._line.queue_s

    @property
    def is_overfull(self) -> bool:
        """The queue is so long that no picture should be added to it."""
        draining = self.state is State.DRAIN
        return draining and self._drain.is_long(self.queue_s, self._packet_s, self._line.now_s)

    @property
    def acked_bps(self) -> float:
        """What arrived in the last half second; the part that nobody acknowledges is taken as arrived."""
        return self._line.acked_bps

    @property
    def data_bps(self) -> float:
        """What the data channels send, lately."""
        return self._line.data_bps

    # What is told

    def on_sent(self, size_bytes: int, now_s: float, acknowledged: bool = True) -> None:
        """A packet left. `acknowledged`: its fate will be told by `on_acks` (data channels never are)."""
        self._line.sent(size_bytes, now_s, acknowledged)
        if acknowledged:
            self._silence.sent(now_s)

    def on_acks(self, acks: Sequence[Ack], now_s: float) -> None:
        """What one feedback message says."""
        self._count_lost(acks, now_s)
        arrived = self._line.acks(acks, now_s)
        if not arrived:
            return
        self._hear(now_s)
        if self.state is State.SILENT:
            self._silence.came(ack.sent_s for ack in arrived)
        self._judge(now_s)

    def _count_lost(self, acks: Sequence[Ack], now_s: float) -> None:
        for ack in acks:
            cut = self.state is State.SILENT or ack.sent_s <= self._silence.lost_before_s
            if ack.arrived_s is None and not cut:
                self._line.loss.add(now_s, 1)

    def on_report(self, loss: float, rtt_s: float | None, now_s: float, packets: int = 50) -> None:
        """A receiver report: the fraction lost of about `packets`. Rules the rate only while no acks come."""
        self._line.report(loss, rtt_s, now_s, packets)
        if not self._line.has_acks:
            self._hear(now_s)
            self._judge(now_s)

    def on_remb(self, rate_bps: float, now_s: float) -> None:
        """The receiver's estimate. Believed only when there are no acks and something else looks full too."""
        self._line.pass_to(now_s)
        suspicious = self.queue_s > self._clear_s or self.loss > self._line.loss.usual + 0.05
        if not self._line.has_acks and suspicious and rate_bps < self._rate_bps:
            self._ceiling.learn(rate_bps)
            self._set(rate_bps)
            self.state = State.CLIMB

    def tick(self, now_s: float) -> None:
        """Let time pass: silence is noticed, the rate grows."""
        passed_s = 0.0 if self._ticked_s is None else min(_TICK_MAX_S, now_s - self._ticked_s)
        self._ticked_s = now_s
        self._line.pass_to(now_s)
        if self._silence.lasts(self.rtt_s, self._line.ever_acks, now_s):
            self._fall_silent(passed_s, now_s)
        elif self.state in (State.START, State.CLIMB) and self.queue_s < self._clear_s:
            self._grow(passed_s, now_s)

    # Silence

    def _fall_silent(self, passed_s: float, now_s: float) -> None:
        if self.state is not State.SILENT:
            self._before_bps = self._rate_bps
            self._silence.begin(now_s)
            self.state = State.SILENT
        self._silence.go_on()
        if self._rate_bps > _SILENT_BPS:
            self._set(max(_SILENT_BPS, self._rate_bps * 0.5 ** (passed_s / _SILENCE_HALF_S)))

    def _hear(self, now_s: float) -> None:
        self._silence.heard(now_s)
        if self.state is State.SILENT and self._silence.end(now_s):
            self._line.loss.forget()

    def _come_back(self, now_s: float) -> None:
        if not self._silence.over(now_s):
            return
        passed = self._silence.let_through(self.rtt_s)
        full = self.queue_s > _QUEUE_MAX_S + self._packet_s if passed is None else passed
        if full:
            self._ceiling.learn(self.acked_bps)
            self._set(_BACK_OFF * self.acked_bps)
        else:
            self._set(max(self._rate_bps, _BACK_AGAIN * self._before_bps))
        if passed is False:
            self._line.forget_delay()  # it was a cut: the way may be another one now
        self.state = State.CLIMB
        self._blind_until_s = now_s + self._line.settle_s

    # Congestion

    def _judge(self, now_s: float) -> None:
        if self.state is State.SILENT:
            self._come_back(now_s)
            return
        if now_s >= self._blind_until_s and self._is_congested():
            self._back_off(now_s)
        elif self.state is State.DRAIN:
            self._go_on_draining(now_s)
        self._obey(self._line.loss.verdict(now_s, self._line.settle_s), now_s)

    def _is_congested(self) -> bool:
        delay = self._line.delay
        growing = delay.queue_s > _GROWING_QUEUE_S + self._packet_s and delay.trend > _GROWING_TREND
        return delay.queue_s > _QUEUE_MAX_S + self._packet_s or growing

    @property
    def _packet_s(self) -> float:
        """How long one full packet keeps a line of this rate busy: on a narrow one that is no queue yet."""
        return min(_PACKET_MAX_S, _PACKET_BITS / self._rate_bps)

    @property
    def _clear_s(self) -> float:
        return _QUEUE_CLEAR_S + 0.7 * self._packet_s

    def _back_off(self, now_s: float) -> None:
        carried_bps = self._line.carried_bps
        depth = max(_BACK_OFF_MIN, _BACK_OFF - 0.5 * max(0.0, self.queue_s - 0.15))
        idle = self._line.has_acks and self._line.left_bps < 0.85 * self._rate_bps and self.loss < 0.1
        if idle and carried_bps > 0.9 * self._line.flow.told_bps:
            # we were not sending what we might have
            target_bps = max(depth * carried_bps, 0.75 * self._rate_bps)
        else:
            capacity_bps = self._line.capacity_bps
            self._ceiling.learn(capacity_bps)
            target_bps = depth * capacity_bps
        if self.state is not State.DRAIN:
            self._drain.begin(self.queue_s, self._rate_bps, now_s)
        self._set(min(self._rate_bps, target_bps))
        self.state = State.DRAIN
        self._blind_until_s = now_s + self._line.settle_s
        self._line.loss.forget()

    def _go_on_draining(self, now_s: float) -> None:
        if self._drain.is_done(self.queue_s, self._packet_s):
            self._set(max(self._rate_bps, self._after_drain_bps))
            self.state = State.CLIMB
        elif self._drain.is_vain(self.queue_s, now_s):
            self._line.delay.rebase()

    def _obey(self, verdict: Verdict, now_s: float) -> None:
        match verdict:
            case Verdict.TRY:
                self._before_bps, self._carried_before_bps = self._rate_bps, self._line.carried_bps
                self._set(min(self._rate_bps, max(_TRIAL_CUT * self._rate_bps, _HEAVY_FLOOR_BPS)))
            case Verdict.LINE:
                self._set(max(self._rate_bps, self._before_bps))
            case Verdict.OURS:
                self._ceiling.learn(self._carried_before_bps)
                self._set(min(self._before_bps, _POLICED_CUT * self._carried_before_bps))
                self.state = State.CLIMB
            case Verdict.HEAVY:
                self._ceiling.learn(self.acked_bps)
                low_bps = max(_BACK_OFF * self.acked_bps, _HEAVY_FLOOR_BPS)
                self._set(min(self._rate_bps, low_bps))
                self.state = State.CLIMB if self.state is State.START else self.state
                self._blind_until_s = now_s + self._line.settle_s

    # Growth

    def _grow(self, passed_s: float, now_s: float) -> None:
        if self._line.loss.trying or not self._silence.answered or now_s < self._blind_until_s:
            return
        if self.state is State.START:
            growth = _START_GROWTH
        else:
            growth = self._ceiling.growth(self._rate_bps, self._line.carried_bps, self.queue_s, now_s)
        margin_bps = min(_UNPROVEN_MARGIN_BPS, 0.25 * self._rate_bps)
        proven_bps = _UNPROVEN * self.acked_bps + margin_bps
        self._set(max(self._rate_bps, min(proven_bps, self._rate_bps * (1 + growth) ** passed_s)))

    def _set(self, rate_bps: float) -> None:
        self._rate_bps = min(self._max_bps, max(MIN_BPS, rate_bps))
