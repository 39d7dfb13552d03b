"""What became of an item, in every place that has to know it."""

import logging
import time
from collections.abc import Callable, Sequence

from offline_queue.audit.auditing import RETRIED, of_outcome
from offline_queue.audit.chain import Chain
from offline_queue.audit.event import Event, NewEvent
from offline_queue.errors import OutboxError
from offline_queue.item import Item
from offline_queue.outcome import Backoff, Delivered, Outcome
from offline_queue.room import Room
from offline_queue.rows import Rows
from offline_queue.sealed_copies import SealedCopies
from offline_queue.sql import Database
from offline_queue.tidy import Tidier
from offline_queue.witness.log import Witness
from offline_queue.witness.record import Done, Told

log = logging.getLogger(__name__)


class Settling:
    """The store's thread only. `left_over`: the content of something delivered may not be destroyed yet."""

    def __init__(
        self,
        database: Database,
        rows: Rows,
        room: Room,
        chain: Chain,
        copies: SealedCopies,
        witness: Witness,
        tidier: Tidier,
        backoff: Backoff,
    ) -> None:
        self._database, self._rows, self._room = database, rows, room
        self._chain, self._copies, self._witness, self._tidier = chain, copies, witness, tidier
        self.backoff = backoff
        self.left_over = True

    def write(self, item: Item, outcome: Outcome, now: float) -> None:
        """One transaction, also on a full disk; then the witness."""
        told: list[Event] = []

        def write(destroy: bool) -> None:
            self._rows.write_outcome(item, outcome, now, self.backoff, destroy=destroy)
            if isinstance(outcome, Delivered) and destroy:
                self._copies.keep(item, now)
            told[:] = self._chain.append(of_outcome(item, outcome), now)

        self.left_over |= not self._room.write_in_any_case(write)
        if isinstance(outcome, Delivered):
            _tell(lambda: self._tidier.delivered(Done.of(item, outcome, now)))
        if told:
            _tell(lambda: self._witness.note(Told(told)))

    def wake(self, streams: Sequence[str], asked: str) -> None:
        """These may be tried at once; the chain is told with it. `asked`: for which one, "" for all."""
        with self._database.transaction():
            for name in streams:
                self._rows.wake(name)
            told = self._chain.append([NewEvent(RETRIED, asked, {"streams": len(streams)})], time.time())
        _tell(lambda: self._witness.note(Told(told)))

    def destroy_left_over(self) -> None:
        with self._database.transaction():
            self._rows.destroy_delivered()
        self.left_over = False


def _tell(note: Callable[[], None]) -> None:
    """Less would only mean to send it again after the database was lost: no reason to stop."""
    try:
        note()
    except OutboxError as error:
        log.warning("the witness could not note what became of an item: %s", error)
