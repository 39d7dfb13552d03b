"""Openings that a server may still store after it was given up on: they would undo their session's close.

With ids of our own the close writes the encounter that the opening made. A server that took an opening, hung
and stores it a minute later makes a finished encounter one in progress again. So a close waits as long as a
request may be on its way: after an attempt that was no success, and after the start of this program, for what
an earlier run of it may have sent.
"""

import time

from kiosk.record import PayloadKind
from offline_queue.item import Item
from offline_queue.outcome import Delivered, Outcome, Retry

_TIMEOUTS = 2
REASON = "an earlier attempt may still be under way in the server"


class LateOpenings:
    """`timeout_s`: of one exchange. `earlier`: the highest sequence that was put before this program began
    (the wall's clock may have gone back since). For several threads, each stream in one of them."""

    def __init__(self, timeout_s: float, earlier: int) -> None:
        self._under_way_s, self._earlier = _TIMEOUTS * timeout_s, earlier
        self._until_born_s = self._soon()
        self._until_s: dict[str, float] = {}

    def hold(self, item: Item) -> Retry | None:
        """What to do instead of sending this one now."""
        if item.kind != PayloadKind.CLOSE:
            return None
        left_s = self._until_s.get(item.stream, self._until_born_s) - time.monotonic()
        return Retry(REASON, left_s, answered=True) if left_s > 0 else None

    def note(self, item: Item, outcome: Outcome) -> None:
        """What became of an attempt."""
        delivered = isinstance(outcome, Delivered)
        if item.kind == PayloadKind.OPEN and not delivered:
            self._until_s[item.stream] = self._soon()
        elif item.kind == PayloadKind.OPEN and item.sequence > self._earlier:
            self._until_s.setdefault(item.stream, 0.0)  # nobody has sent it before
        elif item.kind == PayloadKind.CLOSE and delivered:
            self._until_s.pop(item.stream, None)

    def _soon(self) -> float:
        return time.monotonic() + self._under_way_s
