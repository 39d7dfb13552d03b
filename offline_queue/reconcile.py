"""The database and the witness log, compared: what one of them lost comes back from the other."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from offline_queue.audit.chain import Chain
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.item import ItemState
from offline_queue.outcome import Backoff, Delivered
from offline_queue.repairs import Repairs
from offline_queue.sql import Database
from offline_queue.witness.log import SEGMENT_BYTES, Witness
from offline_queue.witness.record import REWRITTEN, Begin, Done, Dropped, Kept, Put, Record, Told
from offline_queue.witness.segment import Content

log = logging.getLogger(__name__)


class Found(StrEnum):
    """What was wrong, and (but for one) was set right."""

    DATABASE_BEHIND = "database_behind"
    """It had lost what was put last: a damaged write-ahead log, or an older copy of the file."""
    DATABASE_LACKS = "database_lacks"
    DATABASE_DAMAGED = "database_damaged"
    """Not set right: it has to be made anew from what can be read of it and from the log."""
    LOG_GONE = "log_gone"
    LOG_DAMAGED = "log_damaged"
    SLOTS_DAMAGED = "slots_damaged"
    """The organisations' slots were lost or damaged; they came back from their copy in the outbox."""
    SENTINEL_GONE = "sentinel_gone"
    """Lost or damaged: nothing tells whether the outbox was longer once. It is written anew."""


@dataclass(frozen=True, slots=True)
class Finding:
    found: Found
    items: int
    """How many items one side lacked, and got from the other."""


class Reconciler:
    """Each method is one or more transactions of its own; OutboxError as those of the store."""

    def __init__(self, database: Database, rows: Repairs, witness: Witness, chain: Chain) -> None:
        self._database, self._rows, self._witness, self._chain = database, rows, witness, chain
        self.findings: list[Finding] = []

    def catch_up(self) -> None:
        """First of all: brings a database that is behind to where the log is, and makes a lost log anew.

        OutboxError MISSING: it is behind, and what it lacks is gone from the log.
        """
        mine, _ = self._rows.progress()
        numbers = list(self._witness.numbers)
        if not any(map(self._tells_transactions, reversed(numbers))):  # none, or it was being made anew
            damaged = any(self._witness.begin_of(number) is None for number in numbers)
            self._replay_segments(numbers)
            self.begin_log()
            if mine > 0 and (damaged or not numbers):
                self.found(Found.LOG_DAMAGED if numbers else Found.LOG_GONE)
            return
        ahead = self.behind()
        if ahead > 0:
            self._refuse_to_lose()
            restored = self._replay_segments(self._since(mine))
            if ahead > 1:  # One: the power failed between the two, before it was acknowledged.
                self.found(Found.DATABASE_BEHIND, restored)

    def _refuse_to_lose(self) -> None:
        """A database that is behind would go on without what a lost segment had, and seem whole."""
        if lost := self._unknown(self._gone()):
            detail = f"up to {lost} items are neither in the database nor in the log"
            raise OutboxError(OutboxReason.MISSING, detail)

    def _tells_transactions(self, number: int) -> bool:
        begin = self._witness.begin_of(number)
        return begin is not None and begin.put_count != REWRITTEN

    def behind(self) -> int:
        """By how many transactions the database is behind the log; below 0 when the log has lost its end."""
        mine, _ = self._rows.progress()
        last = self._witness.numbers[-2:]
        for number in reversed(last):
            content = self._witness.read(number)
            if content.begin is not None and content.begin.put_count != REWRITTEN:
                return _last_put_count(content) - mine  # no older segment can tell of a later one
        return REWRITTEN - mine if last else 0

    def _since(self, put_count: int) -> list[int]:
        """The segments in which later transactions may be."""
        numbers = self._witness.numbers
        for at in range(len(numbers) - 1, -1, -1):
            begin = self._witness.begin_of(numbers[at])
            if begin and REWRITTEN < begin.put_count <= put_count:
                return numbers[at:]
        return numbers

    def begin_log(self) -> None:
        """A log of all that waits, in place of whatever is there: that goes when the new one is whole."""
        old = self._witness.set_aside()
        put_count, highest = self._rows.progress()
        first = 0
        while waiting := self._rows.unfinished(first, highest, SEGMENT_BYTES):
            self._witness.add(waiting)
            first = waiting[-1].sequence + 1
        self._witness.begin(put_count, highest, self._rows.whole_state(), self._chain.unsigned())
        for number in old:
            self._witness.destroy(number)

    def verify(self, number: int) -> bool:
        """Compares one older segment, item by item, and sets right what differs.

        True: it holds items too that were delivered since.

        OutboxError WRONG_KEY_OR_DAMAGED: the database cannot give an item; `rebuild` makes it anew.
        """
        content = self._witness.read(number)
        restored = self._replay(content)
        if restored:
            self.found(Found.DATABASE_LACKS, restored)
        wanted = self._rows.unfinished(*self._witness.span(number))
        known = {item.sequence: item.payload for item in _items(content)}
        missing = sum(known.get(item.sequence) != item.payload for item in wanted)
        if missing or self._is_damaged(number, content):
            self.found(Found.LOG_DAMAGED, missing)
        if missing or not content.whole:
            self.rewrite(number)
            return False
        return len(known) > len(wanted)

    def rewrite(self, number: int) -> None:
        """Makes an older segment anew, with what has not been delivered of it."""
        if wanted := self._rows.unfinished(*self._witness.span(number)):
            self._witness.rewrite(number, wanted)
        else:
            self._witness.drop(number)

    def _is_damaged(self, number: int, content: Content) -> bool:
        """A record cut off in mid-writing is no damage: then the next segment goes on from here."""
        if content.whole:
            return False
        later = self._witness.read(self._witness.after(number)).begin
        return content.begin is None or later is None or _last_put_count(content) != later.put_count

    def found(self, found: Found, items: int = 0) -> None:
        log.error("the outbox: %s%s", found, f", {items} items came from the other side" if items else "")
        self.findings.append(Finding(found, items))

    def replay_all(self) -> int:
        """Brings an empty database to where the log is. Returns how many records could be read."""
        self._replay_segments(self._witness.numbers)
        return sum(len(self._witness.read(number).records) for number in self._witness.numbers)

    def possibly_lost(self) -> int:
        """How many items a damaged or missing part of the log may have held that the database does not know
        at all."""
        listed, dropped = self._listed()
        return self._unknown(self._gone()) + self._unknown(
            listed.get(number) or self._witness.span(number)
            for number in self._witness.numbers[:-1]
            if number not in dropped and self._is_damaged(number, self._witness.read(number))
        )

    def _unknown(self, spans: Iterable[tuple[int, int]]) -> int:
        return sum(self._rows.unknown(*span) for span in spans)

    def _gone(self) -> list[tuple[int, int]]:
        """First and last sequence of each segment that is not here, and was needed."""
        listed, dropped = self._listed()
        there = {*self._witness.numbers, *dropped}
        return [span for number, span in listed.items() if number not in there]

    def _listed(self) -> tuple[dict[int, tuple[int, int]], set[int]]:
        """The older segments that the newest one knows, with the first and last sequence of each; and those
        that were needed no more since."""
        newest = next(filter(self._tells_transactions, reversed(self._witness.numbers)), None)
        content = None if newest is None else self._witness.read(newest)
        if content is None or content.begin is None:
            return {}, set()
        begin = content.begin
        lasts = [first - 1 for _, first in begin.older[1:]] + [begin.highest]
        spans = {number: (first, last) for (number, first), last in zip(begin.older, lasts, strict=False)}
        return spans, {record.segment for record in content.records if isinstance(record, Dropped)}

    # --- replaying

    def _replay_segments(self, numbers: Sequence[int]) -> int:
        return sum(self._replay(self._witness.read(number)) for number in numbers)

    def _replay(self, content: Content) -> int:
        """What the log knows and the database does not. Returns how many items came back."""
        with self._database.transaction():
            return sum(self._replay_record(record) for record in (content.begin, *content.records) if record)

    def _replay_record(self, record: Record) -> int:
        mine, highest = self._rows.progress()
        match record:
            case Begin(_, put_count, newest) if put_count > mine:
                self._rows.clear_state()
                self._rows.set_progress(put_count - 1, max(highest, newest))  # the whole state comes next
            case Put(put_count, items, state, events):
                self._chain.put_back(events, newer=put_count > mine)
                if put_count > mine:
                    newest = max((item.sequence for item in items), default=0)
                    self._rows.set_progress(put_count, max(highest, newest))
                    for key, value in state.items():
                        self._rows.set_state(key, value)
                return sum(map(self._restore, items))
            case Done():
                self._deliver(record)
            case Told(events):
                self._chain.put_back(events, newer=False)
        return 0

    def _restore(self, item: Kept) -> bool:
        """False: the database has it, or knows that it was delivered."""
        if self._rows.knows(item.id):
            return False
        if not self._rows.put_back(item):
            if self._rows.exists(item.id):  # with other content: refused when it was put
                return False
            if self._rows.is_taken(item):
                put_count, highest = self._rows.progress()
                item = replace(item, sequence=highest + 1)
                self._rows.set_progress(put_count, highest + 1)
            self._rows.insert(item)
        self._rows.seek_head(item.stream)
        return True

    def _deliver(self, done: Done) -> None:
        try:
            item = self._rows.find("(stream, sequence) = (?, ?)", done.stream, done.sequence, content=False)
        except LookupError:
            return  # Long ago: its tombstone is gone too.
        if item.state is not ItemState.DELIVERED:
            self._rows.write_outcome(item, Delivered(done.receipt), done.settled, Backoff(), destroy=True)
            self._rows.seek_head(item.stream)


def _items(content: Content) -> list[Kept]:
    return [item for record in content.records if isinstance(record, Put) for item in record.items]


def _last_put_count(content: Content) -> int:
    begin = content.begin.put_count if content.begin else REWRITTEN
    return max([begin, *(record.put_count for record in content.records if isinstance(record, Put))])
