"""The witness log's older segments: looked at once after the start, destroyed when nobody needs them."""

from offline_queue.reconcile import Reconciler
from offline_queue.rows import Rows
from offline_queue.witness.log import Witness
from offline_queue.witness.record import Done

TOMBSTONE_S = 30 * 86400.0
_PRUNE_EVERY_S = 3600.0


class Tidier:
    """Belongs to the store's thread; each method may raise OutboxError."""

    def __init__(self, rows: Rows, witness: Witness, reconciler: Reconciler) -> None:
        self._rows, self._witness, self._reconciler = rows, witness, reconciler
        self._unverified = list(witness.numbers)
        self._spent: set[int] = set()  # segments of which something was delivered
        self._pruned = 0.0
        self.has_work = True
        """Something was delivered that can still be read with the key."""

    def segment_began(self) -> None:
        for number in self._older():
            self._drop_if_done(number)

    def verify_next(self) -> bool:
        """Compares one more segment that was here at the start. False: there is none left."""
        if not self._unverified:
            return False
        number = self._unverified[0]
        if self._reconciler.verify(number):
            self._spent.add(number)
        del self._unverified[0]
        if number in self._older():
            self._drop_if_done(number)
        return True

    def delivered(self, done: Done) -> None:
        self._witness.note(done)
        number = self._witness.segment_of(done.sequence)
        self.has_work = True
        self._spent.add(number)
        if number in self._older():
            self._drop_if_done(number)

    def tidy(self, now: float) -> None:
        """Nothing that was delivered stays in the older segments; old tombstones go."""
        for number in self._spent & set(self._older()):
            self._reconciler.rewrite(number)
            self._spent.discard(number)
        if abs(now - self._pruned) >= _PRUNE_EVERY_S:
            self._pruned = now
            self._prune(now - TOMBSTONE_S)
        self.has_work = False

    def _prune(self, before: float) -> None:
        """Forgets what was delivered long ago, unless the log still holds it and would bring it back."""
        clean = set(self._older()) - self._spent
        for stream, sequence in self._rows.old_tombstones(before):
            if self._witness.segment_of(sequence) in clean:
                self._rows.forget(stream, sequence)

    def _older(self) -> list[int]:
        """What is no longer written, and was compared with the database if it is from before the start."""
        return [number for number in self._witness.numbers[:-1] if number not in self._unverified]

    def _drop_if_done(self, number: int) -> None:
        if not self._rows.any_unfinished(*self._witness.span(number)):
            self._witness.drop(number)
            self._spent.discard(number)
