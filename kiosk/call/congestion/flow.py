"""What leaves and what of it arrives. Pure: times are passed in, in s."""

from kiosk.call.congestion.busy_rate import BusyRate
from kiosk.call.congestion.meters import RateMeter
from kiosk.call.congestion.sent_log import Ack

_METER_S = 0.5


class Flow:
    """Rates on the wire, in bit/s. Data channels are never acknowledged: they are taken as arrived."""

    def __init__(self) -> None:
        self._sent, self._data = RateMeter(_METER_S), RateMeter(_METER_S)
        self._arrived = RateMeter(_METER_S)
        self._busy = BusyRate()
        self._left = RateMeter(1.0)

    def leaves(self, size_bytes: int, now_s: float, acknowledged: bool) -> None:
        self._left.add(now_s, size_bytes)
        if not acknowledged:
            self._data.add(now_s, size_bytes)

    def told(self, ack: Ack) -> None:
        """The fate of one packet."""
        self._sent.add(ack.sent_s, ack.size_bytes)
        if ack.arrived_s is not None:
            self._arrived.add(ack.arrived_s, ack.size_bytes)
            self._busy.add(ack.sent_s, ack.arrived_s, ack.size_bytes)

    def left_bps(self, now_s: float) -> float:
        return self._left.rate_bps(now_s)

    def data_bps(self, now_s: float) -> float:
        return self._data.rate_bps(now_s)

    @property
    def told_bps(self) -> float:
        """What was sent, of the packets whose fate is known."""
        return self._sent.rate_bps()

    def arrived_bps(self, now_s: float) -> float:
        return self._arrived.rate_bps() + self.data_bps(now_s)

    def capacity_bps(self, now_s: float) -> float | None:
        """What the line carries when it is full; None while it is not, or not for long enough."""
        return None if self._busy.bps is None else self._busy.bps + self.data_bps(now_s)
