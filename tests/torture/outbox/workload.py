"""A kiosk's day with its outbox, in small: it puts, sends, tidies and starts again, and says what it did.

`put ID SHA256` and `done ID` are said when they are durable, `send ID` before an item may be settled.
"""

import hashlib
import random
from collections.abc import Sequence
from pathlib import Path

from offline_queue import sentinel
from offline_queue.audit.event import NewEvent
from offline_queue.errors import OutboxError
from offline_queue.item import Item, Lane
from offline_queue.outcome import Delivered, Retry
from offline_queue.store import Store
from offline_queue.witness import log as witness_log
from tests.offline_queue.helpers import KEY, OWNER, TO_THE_SECOND, new
from tests.torture.outbox.child import Say
from tests.torture.outbox.phases import Phases, die

SIZES = (100, 1000, 1000, 6000, 30_000)
MARK = "mark.outside"
"""Of the same disk, whose every step is watched."""
STILL = 2.0
"""The time of a day whose clock stands still, as that of most days does."""


class Day:
    def __init__(
        self,
        directory: Path,
        say: Say,
        seed: int,
        first: int = 0,
        clocks: Sequence[float] = (STILL,),
        dies_at_claim: int = 0,
    ) -> None:
        """`first`: where the items' numbers go on; `clocks`: what the clock may say (Unix time);
        `dies_at_claim`: which claim is the last thing it does, 0 for none."""
        witness_log.SEGMENT_BYTES = 60_000  # several segments come and go in one short day
        sentinel.OUTSIDE_EVERY_S = 0.0  # nor does it last a minute
        self._directory, self._say, self._rng = directory, say, random.Random(seed)
        self._number, self._clocks = first, clocks
        self._phases, self._claims_left = Phases(say), dies_at_claim
        self._store = self._open()

    def live(self, steps: int, *, close: bool = True) -> None:
        doing = (self._put, self._deliver, self._try, self._tidy, self._start_again, self._sign, self._mark)
        for step in self._rng.choices(doing, weights=(50, 30, 8, 4, 3, 5, 5), k=steps):
            try:
                step()
            except OutboxError as error:  # the disk failed: what was not said does not count
                self._say(f"error {error.reason}")
                self._store.release_all()
        if close:
            with self._phases.of("close"):
                self._store.close()
            self._say("at end")

    def _open(self) -> Store:
        with self._phases.of("start"):
            return self._opened()

    def _opened(self) -> Store:
        store = Store(self._directory, KEY, OWNER, TO_THE_SECOND, outside=self._directory / MARK)
        try:
            while store.verify_next():
                pass
        except OutboxError:  # the disk failed: what is open here must not be in the way
            store.close()
            raise
        if store.findings:
            raise AssertionError(f"an intact outbox was found damaged: {store.findings}")
        return store

    def _put(self) -> None:
        items = []
        for _ in range(self._rng.choice((1, 1, 1, 3))):
            self._number += 1
            payload = self._rng.randbytes(self._rng.choice(SIZES))
            lane = self._rng.choice(list(Lane))
            items.append(new(f"i{self._number}", f"s{self._number % 3}", payload, lane))
        events = [NewEvent("reading_kept", item.id) for item in items]
        with self._phases.of("enqueue"):
            self._store.put(items, {"last": items[-1].id.encode()}, events)
        for item in items:
            self._say(f"put {item.id} {hashlib.sha256(item.payload).hexdigest()}")

    def _deliver(self) -> None:
        if (item := self._claimed()) is not None:
            self._say(f"send {item.id}")
            with self._phases.of("acknowledge"):
                self._store.settle(item.id, Delivered("receipt"), self._now())
            self._say(f"done {item.id}")

    def _try(self) -> None:
        if (item := self._claimed()) is not None:
            with self._phases.of("acknowledge"):
                self._store.settle(item.id, Retry("the line is down", after_s=0), self._now())

    def _claimed(self) -> Item | None:
        """A claim writes nothing, so no step of the disk is in it: it is killed with the item in flight."""
        with self._phases.of("claim"):
            item = self._store.claim(self._now())
            self._claims_left -= 1
            if self._claims_left == 0:
                die()
            return item

    def _now(self) -> float:
        return self._rng.choice(self._clocks)

    def _tidy(self) -> None:
        with self._phases.of("tidy"):
            self._store.tidy(self._now())

    def _mark(self) -> None:
        with self._phases.of("tidy"):
            self._store.raise_mark()

    def _sign(self) -> None:
        with self._phases.of("enqueue"):
            self._store.make_checkpoint(self._now())

    def _start_again(self) -> None:
        try:
            with self._phases.of("close"):
                self._store.close()
            self._store = self._open()
        except OutboxError as error:
            self._say(f"error {error.reason}")
            self._store = self._open()  # the system starts it again
