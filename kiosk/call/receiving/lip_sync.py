"""Sound and lips together: RTCP sender reports tell when each was captured (RFC 3550 section 6.4.1). Pure."""

from dataclasses import dataclass

from kiosk.call.receiving.sequence import signed

# Sound up to 80 ms behind the picture is fine; a little less is kept as reserve for what shakes.
_BEHIND_MAX_S = 0.075
HOLD_MAX_S = 0.450
_FRESH_S = 1.0
_NTP_FRACTION = 1 << 32


@dataclass(frozen=True, slots=True)
class Report:
    """One sender report: at `ntp` (64 bits, 32.32 seconds) this stream's clock showed `timestamp`."""

    ntp: int
    timestamp: int


class SenderClock:
    """The capture time of a stream's RTP timestamps, in the sender's seconds."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._report: Report | None = None

    def reported(self, ntp: int, timestamp: int) -> None:
        """A sender report of this stream has come."""
        if ntp:
            self._report = Report(ntp, timestamp)

    def captured_s(self, timestamp: int) -> float | None:
        """When that was captured; None before the first report."""
        if self._report is None:
            return None
        since = signed(timestamp - self._report.timestamp, 32) / self._rate_hz
        return self._report.ntp / _NTP_FRACTION + since


class LipSync:
    """How long a picture must wait for its sound. `heard` is told of each piece of sound, at its own time."""

    def __init__(self) -> None:
        self.voice, self.picture = SenderClock(48_000), SenderClock(90_000)
        self.skew_ms: float | None = None
        self._sound_takes_s = 0.0
        self._heard_s: float | None = None

    def heard(self, timestamp: int | None, heard_at_s: float) -> None:
        """The sound of `timestamp` leaves the loudspeaker at that (local, monotonic) time; None: silence."""
        captured_s = None if timestamp is None else self.voice.captured_s(timestamp)
        if captured_s is not None:
            self._sound_takes_s, self._heard_s = heard_at_s - captured_s, heard_at_s

    def hold_s(self, timestamp: int, now_s: float) -> float:
        """How long to keep that picture back. `skew_ms` is how far the sound is then behind the picture."""
        captured_s = self.picture.captured_s(timestamp)
        if captured_s is None or self._heard_s is None or now_s - self._heard_s > _FRESH_S:
            self.skew_ms = None
            return 0.0
        behind_s = self._sound_takes_s - (now_s - captured_s)
        hold_s = max(0.0, min(behind_s - _BEHIND_MAX_S, HOLD_MAX_S))
        self.skew_ms = (behind_s - hold_s) * 1000
        return hold_s
