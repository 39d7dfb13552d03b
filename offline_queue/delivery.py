"""The loop that empties the outbox: one at a time inside a stream, streams side by side, for ever."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.outbox import Counts, Item, Outbox
from offline_queue.outcome import Delivered, Outcome, Park, Pause, Quarantine, Retry

__all__ = [
    "Delivered",
    "Delivery",
    "DeliveryStatus",
    "Outcome",
    "Park",
    "Pause",
    "Quarantine",
    "Retry",
    "Sender",
]

log = logging.getLogger(__name__)

PARALLEL = 4
_READY = 1
"""So many more are claimed and handed over, so that the server does not wait for the outbox."""
PAUSE_S = 300.0
TIDY_S = 60.0
"""So often at most, and only while nothing is sent, what was delivered is destroyed wherever it still is."""
LONGEST_SLEEP_S = 60.0
"""Wake at least so often: the wall clock, in which due times are written, may be set at any moment."""


class Sender(Protocol):
    async def send(self, item: Item) -> Outcome:
        """One attempt, as soon as fewer than `PARALLEL` are under way. An exception counts as Retry; the same
        item may come again after a crash."""
        ...


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """`online`: the last attempt reached a server that answered.

    `paused`: why everything stands still (an outcome's reason, or `outbox: ` and an OutboxReason), or "".
    """

    online: bool
    paused: str
    counts: Counts


class Delivery:
    def __init__(
        self,
        outbox: Outbox,
        sender: Sender,
        on_change: Callable[[DeliveryStatus], None],
        *,
        parallel: int = PARALLEL,
        pause_s: float = PAUSE_S,
    ) -> None:
        self._outbox = outbox
        self._sender = sender
        self._on_change = on_change
        self._parallel = parallel
        self._pause_s = pause_s
        self._status = DeliveryStatus(online=True, paused="", counts=Counts())
        self._resume_at = 0.0
        self._tidy_at = 0.0
        self._wake = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def status(self) -> DeliveryStatus:
        return self._status

    def kick(self) -> None:
        """Ends a pause and looks at once whether something is due. On the loop's thread only."""
        self._resume()
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled; attempts under way are then given up, and tried again next time."""
        stop_listening = self._outbox.listen(self._wake.set)
        try:
            while True:
                self._wake.clear()
                await self._sleep(await self._step())
        finally:
            stop_listening()
            await self._give_up()

    async def _step(self) -> float:
        """Starts what may be started; returns for how many seconds there is nothing more to do."""
        try:
            self._collect()
            if self._status.paused and time.monotonic() >= self._resume_at:
                self._resume()
            if not self._status.paused:
                await self._start_due()
            self._tell(counts=await self._outbox.counts())  # before the tidying, which may take a moment
            await self._tidy()
            return await self._idle_s()
        except OutboxError as error:
            log.error("the outbox fails, delivery pauses: %s", error)
            self._pause(f"outbox: {error.reason}")
            return self._pause_s

    def _collect(self) -> None:
        """Raises what a finished attempt raised: an OutboxError, or a fault of the program."""
        for task in [task for task in self._sending if task.done()]:
            self._sending.discard(task)
            task.result()

    async def _start_due(self) -> None:
        while len(self._sending) < self._parallel + _READY:
            item = await self._outbox.claim(time.time(), self._parallel)
            if item is None:
                return
            task = asyncio.create_task(self._deliver(item), name="deliver")
            self._sending.add(task)
            task.add_done_callback(lambda _: self._wake.set())

    async def _tidy(self) -> None:
        if not self._sending and time.monotonic() >= self._tidy_at:
            if await self._outbox.tidy(time.time()):
                self._wake.set()
            else:
                self._tidy_at = time.monotonic() + TIDY_S

    async def _deliver(self, item: Item | None) -> None:
        """This one, and then what is due next, until nothing is."""
        while item is not None:
            outcome = await self._attempt(item)
            self._note(outcome)
            item = await self._settle(item, outcome)

    async def _settle(self, item: Item, outcome: Outcome) -> Item | None:
        try:
            at_once = 0 if self._status.paused else self._parallel
            counts, following = await self._outbox.settle(item.id, outcome, time.time(), claim=at_once)
            self._tell(counts=counts)
            if following is not None and not isinstance(outcome, Delivered):
                self._wake.set()  # its stream is due again before this one's next look
            return following
        except OutboxError as error:
            await self._outbox.release(item.id)  # It will be sent again: the id makes that harmless.
            if error.reason is not OutboxReason.WRONG_KEY_OR_DAMAGED:
                raise
            log.error("what became of %s cannot be noted, the other streams go on: %s", item.id, error)
            return None
        except LookupError as error:  # An item of its stream came back from the log, and goes before it.
            log.warning("what became of %s has to wait: %s", item.id, error)
            await self._outbox.release(item.id)
            return None

    async def _attempt(self, item: Item) -> Outcome:
        try:
            return await self._sender.send(item)
        except Exception as error:  # noqa: BLE001 - whatever breaks in sending, the item must stay and be tried again
            # The message could quote the payload: the log gets the name and the place only.
            log.error("sending %s item %s raised %s", item.kind, item.id, _place(error))
            return Retry(type(error).__name__)

    def _note(self, outcome: Outcome) -> None:
        self._tell(online=not isinstance(outcome, Retry) or outcome.answered)
        if isinstance(outcome, Pause):
            self._pause(outcome.reason)

    def _pause(self, reason: str) -> None:
        self._resume_at = time.monotonic() + self._pause_s
        self._tell(paused=reason)

    def _resume(self) -> None:
        self._tell(paused="")

    def _tell(self, **changes: object) -> None:
        status = replace(self._status, **changes)  # type: ignore[arg-type]
        if status != self._status:
            self._status = status
            self._on_change(status)

    async def _sleep(self, longest_s: float) -> None:
        try:
            async with asyncio.timeout(longest_s):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _idle_s(self) -> float:
        if self._status.paused:
            return max(0.0, self._resume_at - time.monotonic())
        if len(self._sending) >= self._parallel:
            return LONGEST_SLEEP_S
        due = await self._outbox.next_due()
        return LONGEST_SLEEP_S if due is None else min(LONGEST_SLEEP_S, max(0.0, due - time.time()))

    async def _give_up(self) -> None:
        for task in self._sending:
            task.cancel()
        for result in await asyncio.gather(*self._sending, return_exceptions=True):
            if isinstance(result, Exception):
                log.error("an attempt under way ended with %r", result)
        self._sending.clear()
        await self._outbox.release_all()


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
    return f"{type(error).__name__}{where}"
