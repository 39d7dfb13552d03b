"""The outbox as tables: every method is one transaction, durable when it returns. One thread only."""

import logging
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from offline_queue import files
from offline_queue.aside import end_recovery
from offline_queue.audit.auditing import make_checkpoint
from offline_queue.audit.chain import Chain
from offline_queue.audit.event import NewEvent
from offline_queue.ballast import Ballast
from offline_queue.damage import Damage
from offline_queue.database import check_key, open_existing
from offline_queue.errors import OutboxError, OutboxReason, translated
from offline_queue.item import Counts, Item, Look, NewItem
from offline_queue.keeping import USUAL, Keeping
from offline_queue.lock import Lock
from offline_queue.outcome import Backoff, Outcome
from offline_queue.putting import Putting
from offline_queue.quiet import RECLAIM_STEPS, Quiet
from offline_queue.reconcile import Finding, Found, Reconciler
from offline_queue.repairs import GENERATION, Repairs, generation_of
from offline_queue.room import Room, open_in_any_case
from offline_queue.sealed_copies import SealedCopies
from offline_queue.sentinel import Mark, Sentinel, check_there
from offline_queue.settling import Settling
from offline_queue.slots_copy import SlotsCopy
from offline_queue.sql import Database
from offline_queue.tidy import Tidier
from offline_queue.trial import takes
from offline_queue.turns import Turns
from offline_queue.verifying import Verifying
from offline_queue.waiting import Waiting, waiting
from offline_queue.witness.log import Witness

log = logging.getLogger(__name__)


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
        self._sentinel = Sentinel(directory, owner, outside)
        with translated():
            ballast = Ballast(directory)
        self._witness = Witness(directory, key, owner)
        renewed = partial(self._renewed, key, owner)
        self._database = Database(open_in_any_case(directory, key, owner, ballast), renewed)
        self._room = Room(directory, self._database, ballast)
        self._rows = Repairs(self._database)
        self._chain = Chain(self._database, owner, keeping.events_s)
        self.copies = SealedCopies(self._database, directory, keeping.copies_s)
        self._slots = SlotsCopy(directory, key, self._rows)
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
        self._damage = Damage(self._reconciler)
        self._verifying = Verifying(self._tidier, self._room, self._damage)
        self._settling = Settling(
            self._database,
            self._rows,
            self._room,
            self._chain,
            self.copies,
            self._witness,
            self._tidier,
            self._backoff,
        )
        self._turns = Turns(self._rows, self._settling, self._damage)
        self._quiet = Quiet(
            self._rows, self._room, self._tidier, self._settling, self._damage, self._begin_segment
        )
        self._catch_up()
        self._putting = Putting(self._database, self._rows, self._chain, self._witness)
        here = Mark(self._chain.owner, self._putting.highest, generation_of(self._rows))
        if not self._sentinel.check(here) and self._putting.highest:
            self._reconciler.found(Found.SENTINEL_GONE)
        with self._damage.survived():
            self._make_ready()
        self._sentinel.generation = generation_of(self._rows)
        self._sentinel.raise_to(self._putting.highest, both=True)

    def _renewed(self, key: bytes, owner: str) -> Any:
        """Another connection, after one has met a bad page."""
        self._damage.found()
        with translated():
            return open_existing(self._directory, key, owner)

    def _make_ready(self) -> None:
        try:
            with self._damage.survived():
                self._room.reclaim(RECLAIM_STEPS)
            self._make_witness_ready()
            self._name_generation()
            self.guard_slots()
        except OutboxError as error:
            if error.reason is not OutboxReason.DISK_FULL:
                raise
            log.warning("the disk is full: what waits can be delivered, nothing new can be stored")

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

    def guard_slots(self) -> None:
        """Who else can open the outbox is in it too, from there a file that is gone or damaged comes back."""
        if state := self._slots.state():
            self.put([], state)
        if self._slots.mend():
            self._reconciler.found(Found.SLOTS_DAMAGED)

    def get_state(self, key: str) -> bytes | None:
        return self._rows.state(key)

    def claim(self, now: float, at_once: int = sys.maxsize) -> Item | None:
        """As `Turns.claim`."""
        return self._turns.claim(now, at_once)

    def release(self, item_id: str) -> None:
        """As `Turns.release`."""
        self._turns.release(item_id)

    def release_all(self) -> None:
        self._turns.release_all()

    def settle(self, item_id: str, outcome: Outcome, now: float) -> None:
        """As `Turns.settle`, with its errors."""
        self._turns.settle(item_id, outcome, now)

    def retry(self, stream: str | None) -> int:
        """As `Turns.retry`."""
        return self._turns.retry(stream)

    def next_due(self) -> float | None:
        return self._turns.next_due()

    def has_place(self, stream: str) -> bool:
        """Whether a consultation of this name could be kept: all of it, wherever it would lie."""
        return takes(self._database, self._rows, self._chain, stream, is_damaged=self._damage.is_known)

    def counts(self, stream: str | None) -> Counts:
        return self._rows.counts() if stream is None else self._rows.counts_of(stream)

    def look(self) -> Look:
        """What lies on a page that cannot be read is not known."""
        since, answer = None, ""
        with self._damage.survived():
            since = self._rows.oldest()
        with self._damage.survived():
            answer = self._rows.last_answer()
        return Look(self._rows.counts(), since, answer)

    def waiting(self, most: int) -> tuple[Waiting, ...]:
        return waiting(self._database, most, self._damage.streams)

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
        """As `Quiet.tidy`."""
        return self._quiet.tidy(now)

    @property
    def highest(self) -> int:
        """The highest sequence given so far."""
        return self._putting.highest

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
        with self._damage.survived():
            self._tidier.segment_began()

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
        with self._damage.survived():
            self._settling.destroy_left_over()
            self._room.reclaim()
        if not self._room.enough_for(size):
            raise OutboxError(OutboxReason.DISK_FULL, f"no room on the disk for {size} bytes more")
