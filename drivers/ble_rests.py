"""How long a peripheral is left alone after a connection, though it goes on advertising."""

import time
from collections.abc import Callable

from drivers.instrument import Reason

_USUAL_S = 1.0  # BlueZ reports the end of a connection as if it were an advertisement
_SAID_ALL_S = 15.0  # asked anew at once, it would say the same
_NO_BOND_S = {
    Reason.NOT_PAIRED: 60.0,  # somebody else's, or its button has to be held first
    Reason.PAIRING_REFUSED: 20.0,  # most do not show when they may be paired with, which is for half a minute
}

_SAID_ALL = (Reason.NONE, Reason.NOT_PAIRED, Reason.DRIVER_FAILED)


class Rests:
    """Of peripherals by their id. Whoever leads no conversation rests as long as usual, but for its bond."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._until_s: dict[str, float] = {}
        self._refused: set[str] = set()

    def begin(self, id_: str, ended: Reason, leads: bool, pairing: bool | None) -> None:
        """A connection `ended` so. `leads`: its decoder. `pairing`: it showed that it may be paired with."""
        refused = ended in _NO_BOND_S and not pairing
        (self._refused.add if refused else self._refused.discard)(id_)
        self._until_s[id_] = self._clock_s() + _rest_s(ended, leads, refused)

    def forget(self, id_: str) -> None:
        """It is gone, or somebody sees to it by hand."""
        self._refused.discard(id_)
        self._until_s.pop(id_, None)

    def is_over(self, id_: str, pairing: bool | None) -> bool:
        """Also when one that refused shows by now that it may be paired with."""
        woken = bool(pairing) and id_ in self._refused
        return woken or self._clock_s() >= self._until_s.get(id_, 0.0)


def _rest_s(ended: Reason, leads: bool, refused: bool) -> float:
    if refused or ended is Reason.PAIRING_REFUSED:
        return _NO_BOND_S[ended]
    return _SAID_ALL_S if leads and ended in _SAID_ALL else _USUAL_S
