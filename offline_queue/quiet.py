"""For a quiet moment: what was delivered is destroyed wherever it still is, and its room is given back."""

import logging
from collections.abc import Callable

from offline_queue.damage import Damage
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.room import Room
from offline_queue.rows import Rows
from offline_queue.settling import Settling
from offline_queue.tidy import Tidier

log = logging.getLogger(__name__)

_SMALL_STATE_BYTES = 16_384
RECLAIM_STEPS = 16
"""4 MB: some hundredths of a second."""


class Quiet:
    """The store's thread only."""

    def __init__(
        self,
        rows: Rows,
        room: Room,
        tidier: Tidier,
        settling: Settling,
        damage: Damage,
        begin_segment: Callable[[], None],
    ) -> None:
        self._rows, self._room, self._tidier, self._settling, self._damage = (
            rows,
            room,
            tidier,
            settling,
            damage,
        )
        self._begin_segment = begin_segment
        self._goes_on = False

    def tidy(self, now: float) -> bool:
        """Nothing that was delivered stays readable. Returns whether a part is left for another moment.

        While the kiosk's state holds a session's readings anyway, there is nothing to be won. With a damaged
        database nothing is destroyed before `outbox recover`: the log may be all that is left of something.
        """
        goes_on, self._goes_on = self._goes_on, False
        if self._damage.is_known:
            return False
        try:
            with self._damage.survived():
                self._tidy(now, goes_on=goes_on)
        except OutboxError as error:
            if error.reason is not OutboxReason.DISK_FULL:
                raise
            log.warning("the disk is too full to tidy up: %s", error)
        return self._goes_on

    def _tidy(self, now: float, *, goes_on: bool) -> None:
        if (self._tidier.has_work or goes_on) and self._rows.state_bytes() <= _SMALL_STATE_BYTES:
            self._goes_on = self._destroy(goes_on=goes_on)
        if self._tidier.forget(now):
            self._room.empty_log()

    def _destroy(self, *, goes_on: bool) -> bool:
        if not goes_on or self._tidier.newest_is_spent:
            self._begin_segment()
        if self._settling.left_over:
            self._settling.destroy_left_over()
        self._tidier.tidy()
        more_room = self._room.reclaim(RECLAIM_STEPS)
        self._room.empty_log()
        return self._tidier.has_work or more_room
