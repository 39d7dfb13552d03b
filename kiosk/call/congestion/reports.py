"""RTCP reports and REMB of one connection, as the controller wants them. Pure."""

from collections.abc import Sequence
from typing import Any

from kiosk.call.congestion import rtcp
from kiosk.call.congestion.controller import Controller

_KEPT = 64
_SECOND = 65_536  # of the delays in a report block
_REMB_FRESH_S = 5.0
_REMB_KEPT, _REMB_MAX_BPS = 8, 10**9  # the format reaches 2^81 bit/s
_SOUND_BPS = 60_000  # aiortc's estimates are for pictures only
_RTT_MAX_S = 20.0


class Reports:
    """Tell it of each RTCP packet that leaves (`sent`) and of each compound that comes (`received`)."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._stamps: dict[tuple[int, int], float] = {}
        self._highest: dict[int, int] = {}
        self._estimates: dict[frozenset[int], tuple[int, float]] = {}

    def sent(self, packet: rtcp.Packet, now_s: float) -> None:
        stamp = rtcp.report_stamp(packet)
        if stamp is None:
            return
        self._stamps[stamp] = now_s
        _keep_newest(self._stamps, _KEPT)

    def received(self, packets: Sequence[rtcp.Packet], now_s: float) -> None:
        found = [block for packet in packets for block in rtcp.blocks(packet)]
        if found:
            self._report(found, now_s)
        for packet in packets:
            estimate = rtcp.remb(packet)
            if estimate is not None:
                self._estimates[estimate[1]] = (min(estimate[0], _REMB_MAX_BPS), now_s)
                _keep_newest(self._estimates, _REMB_KEPT)
                self._controller.on_remb(self._estimate_bps(now_s), now_s)

    def _report(self, found: list[rtcp.Block], now_s: float) -> None:
        rtts_s = [rtt_s for block in found if (rtt_s := self._rtt_s(block, now_s)) is not None]
        counts = [self._count(block) for block in found]
        lost = sum(block.loss * count for block, count in zip(found, counts, strict=True))
        total = max(1, sum(counts))
        self._controller.on_report(lost / total, min(rtts_s, default=None), now_s, total)

    def _rtt_s(self, block: rtcp.Block, now_s: float) -> float | None:
        """RFC 3550 section 6.4.1, by our own clock: aiortc's stamps are not the time of sending."""
        sent_s = self._stamps.get((block.ssrc, block.last_report))
        if sent_s is None:
            return None
        rtt_s = now_s - sent_s - block.delay / _SECOND
        return rtt_s if 0 <= rtt_s < _RTT_MAX_S else None

    def _count(self, block: rtcp.Block) -> int:
        """How many packets this block speaks of."""
        before = self._highest.get(block.ssrc)
        self._highest[block.ssrc] = block.highest
        _keep_newest(self._highest, _KEPT)
        return min(1000, max(0, block.highest - before)) if before is not None else 0

    def _estimate_bps(self, now_s: float) -> int:
        self._estimates = {k: v for k, v in self._estimates.items() if now_s - v[1] < _REMB_FRESH_S}
        return sum(rate_bps for rate_bps, _ in self._estimates.values()) + _SOUND_BPS


def _keep_newest(known: dict[Any, Any], most: int) -> None:
    """The other end chooses the keys: it shall not choose how many."""
    while len(known) > most:
        del known[next(iter(known))]
