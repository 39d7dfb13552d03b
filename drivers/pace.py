"""How fast a port is read: one that floods costs only itself."""

import math

from devices.device import HidMatch, PortMatch, SerialMatch

_BITS_A_BYTE = 10  # with its start and stop bit
_MARGIN = 2
_BURST_S = 1.0  # what waited while somebody else had the processor


class Pace:
    """Twice what the line of this match can carry; a port without a line's speed is never waited for."""

    def __init__(self, match: PortMatch) -> None:
        self._bytes_a_second = _MARGIN * _baud(match) / _BITS_A_BYTE
        self._paid_until_s = -math.inf

    def wait_s(self, read_bytes: int, now_s: float) -> float:
        """How long to wait now that so many were read; 0 for whoever keeps to its line's speed."""
        if not self._bytes_a_second:
            return 0.0
        begin_s = max(self._paid_until_s, now_s - _BURST_S)
        self._paid_until_s = begin_s + read_bytes / self._bytes_a_second
        return max(0.0, self._paid_until_s - now_s)


def _baud(match: PortMatch) -> int:
    if isinstance(match, SerialMatch):
        return match.baud
    return match.bridge_baud if isinstance(match, HidMatch) else 0
