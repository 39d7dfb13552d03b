"""The line as its answers show it. Pure: times are passed in, in s."""

from collections.abc import Sequence

from kiosk.call.congestion.delay_trend import DelayTrend
from kiosk.call.congestion.flow import Flow
from kiosk.call.congestion.loss_rule import LossRule
from kiosk.call.congestion.sent_log import Ack

_ACKS_FRESH_S = 5.0
_RTT_SMOOTHING, _RTT_UNKNOWN_S = 0.25, 0.1
_USUAL_LOSS_MAX = 0.25
_FEEDBACK_S, _SETTLE_MAX_S, _SETTLE_REPORTS_S = 0.25, 1.0, 2.0


class Observed:
    """By acknowledgements of single packets while they come, else by receiver reports."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.rtt_s: float | None = None
        self.loss = LossRule()
        self.flow = Flow()
        self._acks_s: float | None = None
        self.forget_delay()

    # What is told

    def sent(self, size_bytes: int, now_s: float, acknowledged: bool) -> None:
        """`acknowledged`: its fate will be told (data channels' never is)."""
        self.pass_to(now_s)
        self.flow.leaves(size_bytes, now_s, acknowledged)

    def acks(self, acks: Sequence[Ack], now_s: float) -> list[Ack]:
        """What one feedback message says; answers what arrived, in order. Losses are not counted here."""
        self.pass_to(now_s)
        ordered = sorted(acks, key=lambda ack: ack.arrived_s or 0.0)
        for ack in ordered:
            self.flow.told(ack)
        arrived = [ack for ack in ordered if ack.arrived_s is not None]
        if arrived:
            self._acks_s = now_s
            if self.rtt_s is None:
                self.rtt_s = now_s - max(ack.sent_s for ack in arrived)
        for ack in arrived:
            self._by_acks.add(ack.sent_s, ack.arrived_s or 0.0)
            self.loss.add(now_s, 0)
        return arrived

    def report(self, loss: float, rtt_s: float | None, now_s: float, packets: int) -> None:
        """A receiver report: the fraction lost of about `packets`. Only its round trip, while acks come."""
        self.pass_to(now_s)
        if rtt_s is not None:
            self.rtt_s = rtt_s if self.rtt_s is None else self.rtt_s + _RTT_SMOOTHING * (rtt_s - self.rtt_s)
        if self.has_acks:
            return
        if rtt_s is not None:
            self._by_reports.add(now_s - rtt_s, now_s)
        self.loss.add(now_s, loss * packets, packets)

    def forget_delay(self) -> None:
        self._by_acks = DelayTrend()
        self._by_reports = DelayTrend(window_s=2.0, samples_min=1)

    def pass_to(self, now_s: float) -> None:
        self.now_s = max(self.now_s, now_s)

    # What is known

    @property
    def ever_acks(self) -> bool:
        return self._acks_s is not None

    @property
    def has_acks(self) -> bool:
        return self._acks_s is not None and self.now_s - self._acks_s < _ACKS_FRESH_S

    @property
    def delay(self) -> DelayTrend:
        return self._by_acks if self.has_acks else self._by_reports

    @property
    def queue_s(self) -> float:
        """The standing queue in front of us."""
        return self.delay.queue_s

    @property
    def answer_s(self) -> float:
        """A round trip with the queue of this moment."""
        return (_RTT_UNKNOWN_S if self.rtt_s is None else self.rtt_s) + self.queue_s

    @property
    def settle_s(self) -> float:
        """Until a change of rate shows: a round trip, a feedback interval, the window of the delay."""
        if not self.has_acks:
            return _SETTLE_REPORTS_S
        return min(_SETTLE_MAX_S, (self.rtt_s or _RTT_UNKNOWN_S) + _FEEDBACK_S)

    @property
    def left_bps(self) -> float:
        return self.flow.left_bps(self.now_s)

    @property
    def data_bps(self) -> float:
        """What the data channels send, lately."""
        return self.flow.data_bps(self.now_s)

    @property
    def acked_bps(self) -> float:
        """What arrived in the last half second; the part that nobody acknowledges is taken as arrived."""
        return self.flow.arrived_bps(self.now_s) if self.has_acks else self.left_bps * (1 - self.loss.loss)

    @property
    def carried_bps(self) -> float:
        """What of ours was on the line to arrive so, if it loses as much as usual."""
        return self._with_usual_loss(self.acked_bps)

    @property
    def capacity_bps(self) -> float:
        """The same, while the line was full, and not over the pauses between."""
        full_bps = self.flow.capacity_bps(self.now_s) if self.has_acks else None
        return self.carried_bps if full_bps is None else self._with_usual_loss(full_bps)

    def _with_usual_loss(self, arrived_bps: float) -> float:
        return arrived_bps / (1 - min(self.loss.usual, _USUAL_LOSS_MAX))
