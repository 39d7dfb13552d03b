"""The witness log's older segments: looked at once after the start, destroyed when nobody needs them."""

from collections.abc import Sequence
from typing import Protocol

from offline_queue.ageing import Ageing
from offline_queue.reconcile import Reconciler
from offline_queue.rows import Rows
from offline_queue.sql import Database
from offline_queue.witness.log import Witness
from offline_queue.witness.record import Done

TOMBSTONE_S = 30 * 86400.0
_PRUNED_AT_ONCE = 500
_REWRITTEN_AT_ONCE = 4


class Aged(Protocol):
    def prune(self, now: float) -> None:
        """Forgets a part of what is too old at `now` (Unix time). The caller holds the transaction."""
        ...


class Tidier:
    """Belongs to the store's thread; each method may raise OutboxError."""

    def __init__(
        self,
        database: Database,
        rows: Rows,
        witness: Witness,
        reconciler: Reconciler,
        aged: Sequence[Aged],
    ) -> None:
        """`aged`: what else is forgotten after its time."""
        self._database, self._rows, self._aged = database, rows, aged
        self._witness, self._reconciler = witness, reconciler
        self._unverified = list(witness.numbers)
        self._spent: set[int] = set()  # segments of which something was delivered
        self._ageing = Ageing(rows)
        self.has_work = True
        """Something was delivered that can still be read with the key."""

    def segment_began(self) -> None:
        for number in self._older():
            self._drop_if_done(number)

    def verify_next(self) -> bool:
        """Compares one more segment that was here at the start. False: there is none that can be."""
        if not self.is_verifying:
            return False
        number = self._unverified[0]
        if number in self._witness.numbers:
            if self._reconciler.verify(number):
                self._spent.add(number)
                self.has_work = True
            del self._unverified[0]
            if number in self._older():
                self._drop_if_done(number)
        else:
            del self._unverified[0]
        return True

    @property
    def is_verifying(self) -> bool:
        """A segment is compared once another one has begun."""
        return bool(self._unverified) and self._unverified[:1] != self._witness.numbers[-1:]

    @property
    def is_verified(self) -> bool:
        return not self._unverified

    def delivered(self, done: Done) -> None:
        if not self._witness.numbers:  # The log was lost, and a full disk has no room for a new one.
            return
        number = self._witness.segment_of(done.sequence)
        self.has_work = True
        self._spent.add(number)
        try:
            self._witness.note(done)
        finally:
            if number in self._older():
                self._drop_if_done(number)

    @property
    def newest_is_spent(self) -> bool:
        """Something of the segment that is being written was delivered: it leaves once another has begun."""
        return any(number in self._spent for number in self._witness.numbers[-1:])

    def tidy(self) -> None:
        """What was delivered leaves the older segments: a part of it each time."""
        spent = sorted(self._spent & set(self._older()))
        for number in spent[:_REWRITTEN_AT_ONCE]:
            self._reconciler.rewrite(number)
            self._spent.discard(number)
        self.has_work = len(spent) > _REWRITTEN_AT_ONCE

    def forget(self, now: float) -> bool:
        """What is too old goes, a part of it each time; once an hour. False: it is not due yet."""
        if not self._ageing.is_due:
            return False
        with self._database.transaction():
            believed = self._ageing.believed(now)
            self._prune(believed - TOMBSTONE_S)
            for each in self._aged:
                each.prune(believed)
        return True

    def _prune(self, before: float) -> None:
        """Forgets what was delivered long ago, unless an older segment could still bring it back."""
        clean = set(self._older()) - self._spent
        holding = set(self._witness.numbers[:-1]) - clean
        for stream, sequence in self._rows.old_tombstones(before, _PRUNED_AT_ONCE):
            if self._witness.segment_of(sequence) not in holding:
                self._rows.forget(stream, sequence)

    def _older(self) -> list[int]:
        """What is no longer written, and was compared with the database if it is from before the start."""
        unverified = set(self._unverified)
        return [number for number in self._witness.numbers[:-1] if number not in unverified]

    def _drop_if_done(self, number: int) -> None:
        if not self._rows.any_unfinished(*self._witness.span(number)):
            self._witness.drop(number)
            self._spent.discard(number)
