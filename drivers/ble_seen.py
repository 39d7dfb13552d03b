"""Which peripherals are remembered: addresses that change by themselves would pile up without end."""

import time
from collections.abc import Callable

_MOST = 256
_A_DAY_S = 24 * 3600.0


class Seen:
    """By their id, from the one that has not been seen longest to the newest."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._seen_s: dict[str, float] = {}

    def note(self, id_: str, busy: Callable[[str], bool]) -> list[str]:
        """It is there. Returns who is to be forgotten: whoever was not seen for a day, and of too many the
        first; `id_` itself, where all others are busy.
        """
        is_new = self._seen_s.pop(id_, None) is None
        self._seen_s[id_] = self._clock_s()
        gone = self._outdated(busy) if is_new else []
        for each in gone:
            del self._seen_s[each]
        return gone

    def _outdated(self, busy: Callable[[str], bool]) -> list[str]:
        for each in filter(busy, tuple(self._seen_s)):
            self._seen_s[each] = self._clock_s()  # a connected one does not advertise
        idle = [each for each in self._seen_s if not busy(each)]
        too_many = max(0, len(self._seen_s) - _MOST)
        day_ago_s = self._clock_s() - _A_DAY_S
        return [each for n, each in enumerate(idle) if n < too_many or self._seen_s[each] < day_ago_s]
