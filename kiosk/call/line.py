"""How good the line is: one judgement of round trip and loss, the worse of what both ends measure. Pure."""

from dataclasses import dataclass

from kiosk.call.page_messages import Line
from kiosk.events import LineQuality

# The page judges with the same limits.
POOR_RTT_MS, POOR_LOSS = 400.0, 0.08
FAIR_RTT_MS, FAIR_LOSS = 200.0, 0.02

_ORDER = (LineQuality.UNKNOWN, LineQuality.GOOD, LineQuality.FAIR, LineQuality.POOR)


@dataclass(frozen=True, slots=True)
class Measure:
    """One look at a connection: `loss` from 0 to 1 of what we send; `bytes_received` since its beginning."""

    rtt_ms: float | None = None
    loss: float | None = None
    bytes_received: int = 0
    bytes_sent: int = 0


def judge(rtt_ms: float | None, loss: float | None) -> LineQuality:
    if rtt_ms is None and loss is None:
        return LineQuality.UNKNOWN
    rtt_ms, loss = rtt_ms or 0.0, loss or 0.0
    if rtt_ms > POOR_RTT_MS or loss > POOR_LOSS:
        return LineQuality.POOR
    return LineQuality.FAIR if rtt_ms > FAIR_RTT_MS or loss > FAIR_LOSS else LineQuality.GOOD


def combine(ours: Measure, page: Line | None) -> Line:
    """The line as both screens should show it."""
    own = Line(judge(ours.rtt_ms, ours.loss), ours.rtt_ms, ours.loss)
    if page is None:
        return own
    quality = max(own.quality, page.quality, key=_ORDER.index)
    return Line(quality, _worse(own.rtt_ms, page.rtt_ms), _worse(own.loss, page.loss))


def _worse(one: float | None, other: float | None) -> float | None:
    known = [value for value in (one, other) if value is not None]
    return max(known) if known else None
