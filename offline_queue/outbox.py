"""What waits to be delivered, encrypted on the disk: the door for asyncio code."""

import asyncio
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from offline_queue.audit.event import NewEvent
from offline_queue.errors import OutboxError
from offline_queue.item import Counts, Item, ItemState, Lane, Look, NewItem
from offline_queue.keeping import USUAL, Keeping
from offline_queue.outcome import Backoff, Outcome
from offline_queue.reconcile import Finding
from offline_queue.store import Store
from offline_queue.waiting import Waiting

__all__ = ["Counts", "Item", "ItemState", "Lane", "NewItem", "Outbox"]

log = logging.getLogger(__name__)

T = TypeVar("T")
_NO_STATE: Mapping[str, bytes | None] = MappingProxyType({})


class Outbox:
    """All methods are for one event loop; the database lives in a worker thread of its own.

    Every method may raise OutboxError: DISK_FULL, IO_FAILED, WRONG_KEY_OR_DAMAGED (found damaged on the way).
    """

    def __init__(self, store: Store, worker: ThreadPoolExecutor) -> None:
        """Use `open`."""
        self._store = store
        self._worker = worker
        self._listeners: list[Callable[[], None]] = []
        self.highest_before = store.highest
        """The highest sequence that was given before it was opened."""

    @classmethod
    async def open(
        cls,
        directory: Path,
        key: bytes,
        owner: str,
        backoff: Backoff | None = None,
        keeping: Keeping = USUAL,
        outside: Path | None = None,
    ) -> "Outbox":
        """Opens what is in `directory`, creates only where there is nothing at all.

        `key`: 32 raw bytes; `owner`: the kiosk's id; `outside`: the file, not in `directory`, for the second
        mark of how far it has come.
        Raises OutboxError: WRONG_KEY_OR_DAMAGED, MISSING, OLDER, SWAPPED, NOT_OURS, BUSY, NEWER_SCHEMA,
        DISK_FULL, IO_FAILED.
        """
        worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="outbox")
        make = partial(Store, directory, key, owner, backoff or Backoff(), keeping=keeping, outside=outside)
        try:
            store = await asyncio.get_running_loop().run_in_executor(worker, make)
        except BaseException:
            worker.shutdown(wait=False)
            raise
        outbox = cls(store, worker)
        worker.submit(outbox._verify)
        return outbox

    async def put(
        self,
        items: Sequence[NewItem] = (),
        state: Mapping[str, bytes | None] = _NO_STATE,
        events: Sequence[NewEvent] = (),
    ) -> None:
        """One transaction, durable on return; `None` removes a state; `events` go into the audit chain. An
        error leaves everything as before.

        An id that is known with the same content is a no-op, with other content OutboxError CONFLICT.
        """
        await self._run(partial(self._store.put, tuple(items), dict(state), tuple(events)))
        self._was_put()

    async def make_checkpoint(self, now: float) -> None:
        """Signs what the audit chain has got since the last one, and lets it be delivered."""
        while await self._run(partial(self._store.make_checkpoint, now)):
            self._was_put()

    def _was_put(self) -> None:
        if self._store.mark_lags:
            self._worker.submit(self._store.raise_mark)
        for listener in self._listeners:
            listener()

    async def guard_slots(self) -> None:
        """What a command, or the disk, has changed of who else can open the outbox: see `SlotsCopy`."""
        await self._run(self._store.guard_slots)

    async def get_state(self, key: str) -> bytes | None:
        return await self._run(partial(self._store.get_state, key))

    async def claim(self, now: float, at_once: int = sys.maxsize) -> Item | None:
        """What goes next of the stream that is due first; `now` in seconds (Unix time).

        It is in flight until `settle` or `release`: until then its stream gives nothing more. With `at_once`
        in flight already, only what is not bulky: it can do no more than be ready.
        """
        return await self._run(partial(self._store.claim, now, at_once))

    async def settle(
        self, item_id: str, outcome: Outcome, now: float, *, claim: int = 0
    ) -> tuple[Counts, Item | None]:
        """Notes what became of an item, also on a full disk; `claim`: then claims the next one, with so many
        at once.

        LookupError: no such item, or not its turn.
        """
        return await self._run(partial(self._settle, item_id, outcome, now, claim))

    def _settle(self, item_id: str, outcome: Outcome, now: float, claim: int) -> tuple[Counts, Item | None]:
        """One way to the store's thread and back for all of it: that costs more than the claim does."""
        self._store.settle(item_id, outcome, now)
        counts = self._store.counts(None)
        return counts, self._store.claim(now, claim) if claim else None

    async def release(self, item_id: str) -> None:
        """Gives a claimed item back without an outcome."""
        await self._run(partial(self._store.release, item_id))

    async def release_all(self) -> None:
        """Gives back everything that is in flight."""
        await self._run(self._store.release_all)

    async def has_place(self, stream: str) -> bool:
        """Whether a consultation of this name could be kept, also where a page of the disk is damaged."""
        return await self._run(partial(self._store.has_place, stream))

    async def counts(self, stream: str | None = None) -> Counts:
        return await self._run(partial(self._store.counts, stream))

    async def look(self) -> Look:
        return await self._run(self._store.look)

    async def waiting(self, most: int) -> tuple[Waiting, ...]:
        """What was refused comes first, then the oldest; at most so many streams."""
        return await self._run(partial(self._store.waiting, most))

    async def retry(self, stream: str | None = None) -> int:
        """Lets what rests, or was refused, be tried at once: one stream, or all. Returns how many streams."""
        return await self._run(partial(self._store.retry, stream))

    async def items(self, stream: str) -> tuple[Item, ...]:
        return await self._run(partial(self._store.items, stream))

    async def next_due(self) -> float | None:
        """When the next stream that is not in flight may be tried (Unix time); None: nothing waits."""
        return await self._run(self._store.next_due)

    async def close(self) -> None:
        try:
            await self._run(self._store.close)
        finally:
            self._worker.shutdown()

    def listen(self, on_put: Callable[[], None]) -> Callable[[], None]:
        """Calls `on_put` after every put; returns what ends that."""
        self._listeners.append(on_put)
        return lambda: self._listeners.remove(on_put)

    async def tidy(self, now: float) -> bool:
        """For a moment in which nothing is sent: destroys what was delivered wherever it still is.

        A piece of it: True when there is more.
        """
        more = await self._run(partial(self._store.tidy, now))
        if not more:
            self._worker.submit(self._verify)  # if something kept it from ending
        return more

    async def compared(self) -> None:
        """Returns once everything that was here at the start has been compared with the witness log."""
        while await self._run(self._store.verify_next):
            pass

    async def findings(self) -> tuple[Finding, ...]:
        """What was found wrong since opening; the comparison goes on for a while after it."""
        return await self._run(lambda: self._store.findings)

    def _verify(self) -> None:
        """Piece by piece, so that whoever puts something waits for one piece at most."""
        try:
            if self._store.verify_next():
                self._worker.submit(self._verify)
        except OutboxError as error:
            log.error("the outbox could not be compared with its witness: %s", error)
        except RuntimeError:
            return  # Closed in the meantime: the next start compares again.

    async def _run(self, job: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, job)
