"""The outbox as tables: every method is one transaction, durable when it returns. One thread only."""

import logging
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from offline_queue import files
from offline_queue.aside import end_recovery
from offline_queue.audit.auditing import RETRIED, make_checkpoint, of_outcome
from offline_queue.audit.chain import Chain
from offline_queue.audit.event import Event, NewEvent
from offline_queue.ballast import Ballast
from offline_queue.database import check_key
from offline_queue.errors import OutboxError, OutboxReason, translated
from offline_queue.item import Counts, Item, ItemState, Look, NewItem
from offline_queue.keeping import USUAL, Keeping
from offline_queue.lock import Lock
from offline_queue.outcome import Backoff, Delivered, Outcome
from offline_queue.putting import Putting
from offline_queue.reconcile import Finding, Found, Reconciler
from offline_queue.repairs import GENERATION, Repairs, generation_of
from offline_queue.room import Room, open_in_any_case
from offline_queue.sealed_copies import SealedCopies
from offline_queue.sentinel import Mark, Sentinel, check_there
from offline_queue.sql import Database
from offline_queue.tidy import Tidier
from offline_queue.verifying import Verifying
from offline_queue.waiting import Waiting, waiting
from offline_queue.witness.log import Witness
from offline_queue.witness.record import Done, Told

log = logging.getLogger(__name__)

_SMALL_STATE_BYTES = 16_384
_RECLAIM_STEPS = 16  # 4 MB: some hundredths of a second


class Store:
    def __init__(
        self,
        directory: Path,
        key: bytes,
        owner: str,
        backoff: Backoff,
        lock: Lock | None = None,
        keeping: Keeping = USUAL,
        outside: Path | None = None,
    ) -> None:
        """Opens or creates (see `open_database` for the errors). `lock`: held already, and held on.
        `outside`: where the second mark lies."""
        check_key(key)
        self._own_lock = Lock(directory) if lock is None else None
        self._backoff = backoff
        try:
            self._open_all(directory, key, owner, keeping, outside)
        except BaseException:
            self._unlock()
            raise

    def _open_all(
        self, directory: Path, key: bytes, owner: str, keeping: Keeping, outside: Path | None
    ) -> None:
        check_there(directory, outside)
        self._directory, self._outside = directory, outside
        self._in_flight: dict[str, Item] = {}
        self._sentinel = Sentinel(directory, owner, outside)
        self._left_over = True
        self._tidies_on = False
        with translated():
            ballast = Ballast(directory)
        self._witness = Witness(directory, key, owner)
        self._database = Database(open_in_any_case(directory, key, owner, ballast))
        self._room = Room(directory, self._database, ballast)
        self._rows = Repairs(self._database)
        self._chain = Chain(self._database, owner, keeping.events_s)
        self.copies = SealedCopies(self._database, directory, keeping.copies_s)
        try:
            self._begin()
        except BaseException:
            self._witness.close()
            self._database.close()
            raise

    def _begin(self) -> None:
        with translated():
            files.sweep(self._directory, "outbox")
            end_recovery(self._directory)
        self._reconciler = Reconciler(self._database, self._rows, self._witness, self._chain)
        self._tidier = Tidier(
            self._database, self._rows, self._witness, self._reconciler, (self._chain, self.copies)
        )
        self._verifying = Verifying(self._tidier, self._room, self._reconciler)
        self._catch_up()
        self._putting = Putting(self._database, self._rows, self._chain, self._witness)
        here = Mark(self._chain.owner, self._putting.highest, generation_of(self._rows))
        if not self._sentinel.check(here) and self._putting.highest:
            self._reconciler.found(Found.SENTINEL_GONE)
        try:
            self._room.reclaim(_RECLAIM_STEPS)
            self._make_witness_ready()
            self._name_generation()
        except OutboxError as error:
            if error.reason is not OutboxReason.DISK_FULL:
                raise
            log.warning("the disk is full: what waits can be delivered, nothing new can be stored")
        self._sentinel.generation = generation_of(self._rows)
        self._sentinel.raise_to(self._putting.highest, both=True)

    def _name_generation(self) -> None:
        """Once in an outbox's life, so that another one of the same kiosk is told from it. Without an outside
        mark nobody asks."""
        if self._outside is not None and not generation_of(self._rows):
            self._putting.put([], {GENERATION: secrets.token_hex(8).encode()}, [])

    def _catch_up(self) -> None:
        """On a full disk what was never acknowledged, or a log that has to be made anew, can wait."""
        try:
            self._reconciler.catch_up()
            return
        except OutboxError as error:
            if error.reason is not OutboxReason.DISK_FULL:
                raise
        self._room.release()
        try:
            self._reconciler.catch_up()
        except OutboxError as error:
            if error.reason is not OutboxReason.DISK_FULL or self._reconciler.behind() > 1:
                raise

    def put(
        self, items: Sequence[NewItem], state: Mapping[str, bytes | None], events: Sequence[NewEvent] = ()
    ) -> None:
        size = sum(len(item.payload) for item in items) + sum(len(value or b"") for value in state.values())
        with self._room_for(size):
            self._putting.put(items, state, events)

    def make_checkpoint(self, now: float) -> bool:
        """Signs what the audit chain has got since the last one, and queues it. False: there is nothing."""
        with self._room_for(0):
            return make_checkpoint(self._rows, self._chain, self._putting, now)

    def get_state(self, key: str) -> bytes | None:
        return self._rows.state(key)

    def claim(self, now: float) -> Item | None:
        """The item is in flight, and its stream is passed over, until `settle` or `release`."""
        names = sorted(self._in_flight)
        # A due time further ahead than any rest can be comes from a clock that was set back since.
        latest = now + 2 * self._backoff.longest_s
        head = self._rows.head("due <= ?", now, names) or self._rows.head("due > ?", latest, names)
        if head is None:
            return None
        stream, first = head
        item = self._rows.find("(stream, sequence) = (?, ?)", stream, self._rows.turn(stream, first))
        self._in_flight[item.stream] = item
        return item

    def release(self, item_id: str) -> None:
        """The attempt was given up without an outcome."""
        stream = self._item(item_id).stream
        if stream in self._in_flight and self._in_flight[stream].id == item_id:
            del self._in_flight[stream]

    def release_all(self) -> None:
        self._in_flight.clear()

    def settle(self, item_id: str, outcome: Outcome, now: float) -> None:
        """A delivered item stays delivered, whatever a late second outcome says.

        LookupError: unknown id, or an item whose turn has not come.
        """
        item = self._item(item_id)
        if item.state is not ItemState.DELIVERED:
            if not self._rows.is_its_turn(item):
                raise LookupError(f"it is not the turn of item {item.id}")
            self._write_outcome(item, outcome, now)
        self._in_flight.pop(item.stream, None)

    def _item(self, item_id: str) -> Item:
        """What was claimed is known with its content. LookupError: there is none."""
        claimed = (item for item in self._in_flight.values() if item.id == item_id)
        return next(claimed, None) or self._rows.find("id = ?", item_id)

    def _write_outcome(self, item: Item, outcome: Outcome, now: float) -> None:
        told: list[Event] = []

        def write(destroy: bool) -> None:
            self._rows.write_outcome(item, outcome, now, self._backoff, destroy=destroy)
            if isinstance(outcome, Delivered) and destroy:
                self.copies.keep(item, now)
            told[:] = self._chain.append(of_outcome(item, outcome), now)

        self._left_over |= not self._room.write_in_any_case(write)
        if isinstance(outcome, Delivered):
            self._witness_outcome(lambda: self._tidier.delivered(Done.of(item, outcome, now)))
        if told:
            self._witness_outcome(lambda: self._witness.note(Told(told)))

    def retry(self, stream: str | None) -> int:
        """Lets what rests, or was refused, be tried at once: one stream, or all. Returns how many streams."""
        streams = [name for name in self._rows.unfinished_streams() if stream in (None, name)]
        if streams:
            now = time.time()
            with self._database.transaction():
                for name in streams:
                    self._rows.wake(name)
                told = self._chain.append([NewEvent(RETRIED, stream or "", {"streams": len(streams)})], now)
            self._witness_outcome(lambda: self._witness.note(Told(told)))
        return len(streams)

    def next_due(self) -> float | None:
        return self._rows.next_due(sorted(self._in_flight))

    def counts(self, stream: str | None) -> Counts:
        return self._rows.counts() if stream is None else self._rows.counts_of(stream)

    def look(self) -> Look:
        return self._rows.look()

    def waiting(self, most: int) -> tuple[Waiting, ...]:
        return waiting(self._database, most)

    def items(self, stream: str) -> tuple[Item, ...]:
        return self._rows.of_stream(stream)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found wrong since opening, and set right."""
        return tuple(self._reconciler.findings)

    def verify_next(self) -> bool:
        """Compares one more piece of what was here at the start with the witness log. False: that was all."""
        return self._verifying.next()

    @property
    def is_sound(self) -> bool:
        """As `Verifying.is_sound`."""
        return self._verifying.is_sound

    def tidy(self, now: float) -> bool:
        """For a quiet moment: nothing that was delivered stays readable, and its room is given back.

        While the kiosk's state holds a session's readings anyway, there is nothing to be won. Returns whether
        a part of it is left for another moment.
        """
        goes_on, self._tidies_on = self._tidies_on, False
        try:
            if (self._tidier.has_work or goes_on) and self._rows.state_bytes() <= _SMALL_STATE_BYTES:
                if not goes_on or self._tidier.newest_is_spent:
                    self._begin_segment()
                if self._left_over:
                    self._destroy_left_over()
                self._tidier.tidy()
                more_room = self._room.reclaim(_RECLAIM_STEPS)
                self._room.empty_log()
                self._tidies_on = self._tidier.has_work or more_room
            self._tidier.forget(now)
        except OutboxError as error:
            if error.reason is not OutboxReason.DISK_FULL:
                raise
            log.warning("the disk is too full to tidy up: %s", error)
        return self._tidies_on

    @property
    def mark_lags(self) -> bool:
        return self._sentinel.lags(self._putting.highest)

    def raise_mark(self) -> None:
        self._sentinel.raise_to(self._putting.highest)

    def close(self) -> None:
        self._sentinel.raise_to(self._putting.highest, both=True)
        self._verifying.leave_off()
        self._witness.close()
        try:
            self._database.close()
        finally:
            self._unlock()

    def _unlock(self) -> None:
        if self._own_lock is not None:
            self._own_lock.release()

    # --- the witness

    def _make_witness_ready(self) -> None:
        if self._witness.wants_a_new_segment:
            self._begin_segment()

    def _begin_segment(self) -> None:
        self._putting.begin_segment()
        self._tidier.segment_began()

    def _witness_outcome(self, note: Callable[[], None]) -> None:
        """Less would only mean to send it again after the database was lost: no reason to stop."""
        try:
            note()
        except OutboxError as error:
            log.warning("the witness could not note what became of an item: %s", error)

    # --- room on the disk

    @contextmanager
    def _room_for(self, size: int) -> Iterator[None]:
        """Around a put of `size` bytes."""
        self._make_sure_of_room(size)
        self._make_witness_ready()
        try:
            yield
        except OutboxError as error:
            if error.reason is OutboxReason.DISK_FULL:
                self._room.checkpoint()
            raise

    def _make_sure_of_room(self, size: int) -> None:
        if self._room.enough_for(size):
            return
        self._destroy_left_over()
        self._room.reclaim()
        if not self._room.enough_for(size):
            raise OutboxError(OutboxReason.DISK_FULL, f"no room on the disk for {size} bytes more")

    def _destroy_left_over(self) -> None:
        with self._database.transaction():
            self._rows.destroy_delivered()
        self._left_over = False
