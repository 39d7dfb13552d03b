"""Pictures sent twice on a line that loses much and has room. Pure.

What is asked for again takes a round trip, and so does each request that is lost itself: pictures stood still
for it. A copy that was sent anyway is there.
"""

from kiosk.call.congestion.meters import RateMeter

AFTER_S = 0.015  # a short gap shall not take both
_LOSSY = 0.04
_REST, _REST_BPS = 1.2, 150_000  # pictures with what is asked for all the same; voice and data
_METER_S, _SAVED_S = 1.0, 0.1


class Copies:
    """Tell it of each packet of a picture that leaves for the first time."""

    def __init__(self) -> None:
        self._pictures = RateMeter(_METER_S)
        self._room_bytes = 0.0
        self._looked_s = 0.0

    def wanted(self, size_bytes: int, loss: float, rate_bps: int, now_s: float) -> bool:
        """Whether to send this one again, `AFTER_S` later: as many as the line has room for."""
        self._pictures.add(now_s, size_bytes)
        spare_bps = max(0.0, rate_bps - _REST * self._pictures.rate_bps(now_s) - _REST_BPS)
        earned = (now_s - self._looked_s) * spare_bps / 8
        self._room_bytes = min(self._room_bytes + earned, spare_bps / 8 * _SAVED_S)
        self._looked_s = now_s
        if loss < _LOSSY or self._room_bytes < size_bytes:
            return False
        self._room_bytes -= size_bytes
        return True
