"""One transaction of the outbox: items, state and events, in the witness log and in the database."""

import time
from collections.abc import Mapping, Sequence

from offline_queue.audit.chain import Chain
from offline_queue.audit.event import NewEvent
from offline_queue.item import NewItem
from offline_queue.rows import Rows
from offline_queue.sql import Database
from offline_queue.witness.log import Witness
from offline_queue.witness.record import Kept, Put

State = Mapping[str, bytes | None]


class Putting:
    """`put_count`: transactions so far; `highest`: the highest sequence given. The store's thread only."""

    def __init__(self, database: Database, rows: Rows, chain: Chain, witness: Witness) -> None:
        self._database, self._rows, self._chain, self._witness = database, rows, chain, witness
        self.put_count, self.highest = rows.progress()

    def put(self, items: Sequence[NewItem], state: State, events: Sequence[NewEvent]) -> None:
        """Durable on return; an error leaves everything as before."""
        highest = self._put(items, state, events)
        self.put_count += 1
        self.highest = highest  # Only now: a mark that leads would make a sound database look robbed.

    def begin_segment(self) -> None:
        state, events = self._rows.whole_state(), self._chain.unsigned()
        self._witness.begin(self.put_count, self.highest, state, events)

    def _put(self, items: Sequence[NewItem], state: State, events: Sequence[NewEvent]) -> int:
        """Returns the highest sequence then. The witness comes first: it can take back what it wrote."""
        appended = False
        now = time.time()
        try:
            with self._database.transaction():
                fresh = self._insert(items, now)
                for key, value in state.items():
                    self._rows.set_state(key, value)
                told = self._chain.append(events, now)
                highest = self.highest + len(fresh)
                self._rows.set_progress(self.put_count + 1, highest)
                self._witness.append(Put(self.put_count + 1, fresh, state, told))
                appended = True
        except BaseException:
            if appended:
                self._witness.take_back()
            raise
        return highest

    def _insert(self, items: Sequence[NewItem], now: float) -> list[Kept]:
        """Those that are new."""
        fresh: list[Kept] = []
        for item in items:
            sequence = self.highest + len(fresh) + 1
            kept = Kept(sequence, item.id, item.stream, item.kind, now, item.payload, item.lane)
            if self._rows.insert(kept):
                fresh.append(kept)
        return fresh
