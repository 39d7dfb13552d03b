"""What the line did, minute by minute: for the session's report and for the technician. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from kiosk.session import LineMinute

_MINUTE = timedelta(minutes=1)
_LEAST = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Figures:
    """One look at the connection. Byte counts run on since the connection began; 0 while there is none.

    `loss`: 0 to 1, of what the kiosk sends. `concealed`: 0 to 1, of the physician's voice.
    """

    connected: bool
    rtt_ms: float | None = None
    loss: float | None = None
    sent_bytes: int = 0
    received_bytes: int = 0
    concealed: float | None = None


@dataclass(slots=True)
class Minutes:
    """Give it every look; it returns a minute when one is over."""

    _began: datetime | None = None
    _looks: list[Figures] = field(default_factory=list)
    _last: Figures = field(default_factory=lambda: Figures(False))
    _sent_bytes: int = 0
    _received_bytes: int = 0
    _cut: timedelta = timedelta()
    _at: datetime | None = None

    def add(self, at: datetime, figures: Figures) -> LineMinute | None:
        if self._began is None or self._at is None:
            self._began = self._at = at
        if not figures.connected:
            self._cut += at - self._at
        self._sent_bytes += _grown(self._last.sent_bytes, figures.sent_bytes)
        self._received_bytes += _grown(self._last.received_bytes, figures.received_bytes)
        self._looks.append(figures)
        self._last, self._at = figures, at
        return self._close(at) if at - self._began >= _MINUTE else None

    def rest(self) -> LineMinute | None:
        """What there is of a minute that is not over, up to the last look; None: too short to say a thing."""
        if self._began is None or self._at is None or self._at - self._began < _LEAST:
            return None
        return self._close(self._at)

    def _close(self, at: datetime) -> LineMinute:
        assert self._began is not None
        seconds = (at - self._began).total_seconds()
        minute = LineMinute(
            at=self._began,
            rtt_ms=_middle([look.rtt_ms for look in self._looks]),
            lost_per_mille=_mean_per_mille([look.loss for look in self._looks]),
            sent_kbps=round(self._sent_bytes * 8 / 1000 / seconds),
            received_kbps=round(self._received_bytes * 8 / 1000 / seconds),
            concealed_per_mille=_mean_per_mille([look.concealed for look in self._looks]),
            cut_s=round(self._cut.total_seconds()),
        )
        self._began, self._looks, self._cut = at, [], timedelta()
        self._sent_bytes = self._received_bytes = 0
        return minute


def _grown(before: int, after: int) -> int:
    """A new connection counts from nothing again."""
    return after - before if after >= before else after


def _middle(values: list[float | None]) -> int | None:
    known = [value for value in values if value is not None]
    return round(median(known)) if known else None


def _mean_per_mille(values: list[float | None]) -> int | None:
    known = [value for value in values if value is not None]
    return round(1000 * sum(known) / len(known)) if known else None
