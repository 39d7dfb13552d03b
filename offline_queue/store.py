"""The outbox as tables: every method is one transaction, durable when it returns. One thread only."""

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from offline_queue import files
from offline_queue.ballast import Ballast
from offline_queue.database import check_key, open_database
from offline_queue.errors import OutboxError, OutboxReason, translated
from offline_queue.item import Counts, Item, ItemState, Look, NewItem
from offline_queue.lock import Lock
from offline_queue.outcome import Backoff, Delivered, Outcome
from offline_queue.reconcile import Finding, Found, Reconciler
from offline_queue.repairs import Repairs
from offline_queue.room import Room
from offline_queue.sentinel import Sentinel, check_mark, read_mark
from offline_queue.sql import Database
from offline_queue.tidy import Tidier
from offline_queue.witness.log import Witness
from offline_queue.witness.record import Done, Kept, Put

log = logging.getLogger(__name__)

_SMALL_STATE_BYTES = 16_384


class Store:
    def __init__(
        self, directory: Path, key: bytes, owner: str, backoff: Backoff, lock: Lock | None = None
    ) -> None:
        """Opens or creates (see `open_database` for the errors). `lock`: held already, and held on."""
        check_key(key)
        self._own_lock = Lock(directory) if lock is None else None
        try:
            self._open_all(directory, key, owner, backoff)
        except BaseException:
            self._unlock()
            raise

    def _open_all(self, directory: Path, key: bytes, owner: str, backoff: Backoff) -> None:
        self._directory = directory
        self._backoff = backoff
        self._in_flight: set[str] = set()
        self._sentinel = Sentinel(directory, owner)
        self._verified = False
        self._left_over = True
        with translated():
            ballast = Ballast(directory)
        self._witness = Witness(directory, key, owner)
        self._database = Database(self._open(key, owner, ballast))
        self._room = Room(directory, self._database, ballast)
        self._rows = Repairs(self._database)
        try:
            self._begin()
        except BaseException:
            self._witness.close()
            self._database.close()
            raise

    def _begin(self) -> None:
        with translated():
            files.sweep(self._directory, "outbox")
        self._reconciler = Reconciler(self._database, self._rows, self._witness)
        self._tidier = Tidier(self._database, self._rows, self._witness, self._reconciler)
        self._catch_up()
        self._put_count, self._highest = self._rows.progress()
        check_mark(read_mark(self._directory), self._highest)
        self.raise_mark()
        try:
            self._room.reclaim()
            self._make_witness_ready()
        except OutboxError as error:
            if error.reason is not OutboxReason.DISK_FULL:
                raise
            log.warning("the disk is full: what waits can be delivered, nothing new can be stored")

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

    def put(self, items: Sequence[NewItem], state: Mapping[str, bytes | None]) -> None:
        size = sum(len(item.payload) for item in items) + sum(len(value or b"") for value in state.values())
        self._make_sure_of_room(size)
        self._make_witness_ready()
        try:
            highest = self._put(items, state)
        except OutboxError as error:
            if error.reason is OutboxReason.DISK_FULL:
                self._room.checkpoint()
            raise
        self._put_count += 1
        self._highest = highest  # Only now: a mark that leads would make a sound database look robbed.

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
        item = self._rows.find("(stream, sequence) = (?, ?)", *head)
        self._in_flight.add(item.stream)
        return item

    def release(self, item_id: str) -> None:
        """The attempt was given up without an outcome."""
        self._in_flight.discard(self._rows.find("id = ?", item_id).stream)

    def release_all(self) -> None:
        self._in_flight.clear()

    def settle(self, item_id: str, outcome: Outcome, now: float) -> None:
        """A delivered item stays delivered, whatever a late second outcome says.

        LookupError: unknown id, or an item whose turn has not come.
        """
        item = self._rows.find("id = ?", item_id)
        if item.state is not ItemState.DELIVERED:
            if not self._rows.is_head(item):
                raise LookupError(f"item {item.id} is not the first of its stream")
            self._left_over |= not self._room.write_in_any_case(
                lambda destroy: self._rows.write_outcome(item, outcome, now, self._backoff, destroy=destroy)
            )
            if isinstance(outcome, Delivered):
                self._witness_delivery(Done(item.stream, item.sequence, outcome.receipt, now))
        self._in_flight.discard(item.stream)

    def retry(self, stream: str | None) -> int:
        """Lets what rests, or was refused, be tried at once: one stream, or all. Returns how many streams."""
        streams = [name for name, *_ in self._rows.heads() if stream in (None, name)]
        with self._database.transaction():
            for name in streams:
                self._rows.wake(name)
        return len(streams)

    def next_due(self) -> float | None:
        return self._rows.next_due(sorted(self._in_flight))

    def counts(self, stream: str | None) -> Counts:
        return self._rows.counts() if stream is None else self._rows.counts_of(stream)

    def look(self) -> Look:
        return self._rows.look()

    def items(self, stream: str) -> tuple[Item, ...]:
        return self._rows.of_stream(stream)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found wrong since opening, and set right."""
        return tuple(self._reconciler.findings)

    def verify_next(self) -> bool:
        """Compares one more piece of what was here at the start with the witness log. False: that was all."""
        if self._verified:
            return False
        try:
            if self._tidier.verify_next():
                return True
            if not self._tidier.is_verified:
                return False
            self._verified = True
            if not self._room.is_sound():
                self._reconciler.found(Found.DATABASE_DAMAGED)
        except OutboxError as error:
            if error.reason is not OutboxReason.WRONG_KEY_OR_DAMAGED:
                raise
            self._verified = True
            self._reconciler.found(Found.DATABASE_DAMAGED)
        return False

    def tidy(self, now: float) -> None:
        """For a quiet moment: nothing that was delivered stays readable, and its room is given back.

        While the kiosk's state holds a session's readings anyway, there is nothing to be won.
        """
        if not self._tidier.has_work or self._rows.state_bytes() > _SMALL_STATE_BYTES:
            return
        try:
            self._begin_segment()
            if self._left_over:
                self._destroy_left_over()
            self._tidier.tidy(now)
            self._room.reclaim()
            self._room.empty_log()
        except OutboxError as error:
            if error.reason is not OutboxReason.DISK_FULL:
                raise
            log.warning("the disk is too full to tidy up: %s", error)

    @property
    def mark_lags(self) -> bool:
        return self._sentinel.lags(self._highest)

    def raise_mark(self) -> None:
        self._sentinel.raise_to(self._highest)

    def close(self) -> None:
        self.raise_mark()
        self._verified = True  # what was not looked at yet is, at the next start
        self._witness.close()
        try:
            self._database.close()
        finally:
            self._unlock()

    def _unlock(self) -> None:
        if self._own_lock is not None:
            self._own_lock.release()

    def _open(self, key: bytes, owner: str, ballast: Ballast) -> object:
        """Opening may have to write (a migration, the end of a recovery): on a full disk from the reserve."""
        try:
            return open_database(self._directory, key, owner)
        except OutboxError as error:
            if error.reason is not OutboxReason.DISK_FULL or not ballast.held:
                raise
        with translated():
            ballast.release()
        return open_database(self._directory, key, owner)

    # --- putting

    def _put(self, items: Sequence[NewItem], state: Mapping[str, bytes | None]) -> int:
        """Returns the highest sequence then. The witness comes first: it can take back what it wrote."""
        appended = False
        try:
            with self._database.transaction():
                fresh = self._insert(items)
                for key, value in state.items():
                    self._rows.set_state(key, value)
                highest = self._highest + len(fresh)
                self._rows.set_progress(self._put_count + 1, highest)
                self._witness.append(Put(self._put_count + 1, fresh, state))
                appended = True
        except BaseException:
            if appended:
                self._witness.take_back()
            raise
        return highest

    def _insert(self, items: Sequence[NewItem]) -> list[Kept]:
        """Those that are new."""
        fresh: list[Kept] = []
        now = time.time()
        for item in items:
            kept = Kept(self._highest + len(fresh) + 1, item.id, item.stream, item.kind, now, item.payload)
            if self._rows.insert(kept):
                fresh.append(kept)
        return fresh

    # --- the witness

    def _make_witness_ready(self) -> None:
        if self._witness.wants_a_new_segment:
            self._begin_segment()

    def _begin_segment(self) -> None:
        self._witness.begin(self._put_count, self._highest, self._rows.whole_state())
        self._tidier.segment_began()

    def _witness_delivery(self, done: Done) -> None:
        """Less would only mean to send it again after the database was lost: no reason to stop."""
        try:
            self._tidier.delivered(done)
        except OutboxError as error:
            log.warning("the witness could not note that an item was delivered: %s", error)

    # --- room on the disk

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
