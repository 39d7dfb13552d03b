"""RTP counts in 16 and 32 bits and wraps; here its numbers only grow. Pure."""

# RFC 3550 appendix A.1: a larger step is believed only when the packet after it confirms it.
AHEAD_MAX = 3000
BEHIND_MAX = 1000


class Sequence:
    """Sequence numbers of one stream."""

    def __init__(self) -> None:
        self._highest: int | None = None
        self._expected: int | None = None

    def extend(self, number: int) -> int | None:
        """The number without its wrap; None for one that is far off until the next packet confirms it.

        A confirmed jump, even backwards, continues far above what came before.
        """
        if self._highest is None:
            self._highest = number
            return number
        step = signed(number - self._highest, 16)
        if not -BEHIND_MAX < step < AHEAD_MAX:
            return self._jump(number)
        extended = self._highest + step
        self._expected = None
        self._highest = max(self._highest, extended)
        return extended if extended >= 0 else None

    def _jump(self, number: int) -> int | None:
        confirmed, self._expected = number == self._expected, (number + 1) & 0xFFFF
        if not confirmed or self._highest is None:
            return None
        above = self._highest + AHEAD_MAX
        self._highest = above + ((number - above) & 0xFFFF)
        self._expected = None
        return self._highest


class Timestamps:
    """RTP timestamps of one stream."""

    def __init__(self) -> None:
        self._last: int | None = None

    def extend(self, timestamp: int) -> int:
        """The timestamp without its wrap. Out of order by up to half the range is fine."""
        if self._last is None:
            self._last = timestamp
        self._last += signed(timestamp - self._last, 32)
        return self._last


def signed(difference: int, bits: int) -> int:
    """The shortest way round between two numbers of so many bits."""
    half = 1 << (bits - 1)
    return ((difference + half) & ((1 << bits) - 1)) - half
