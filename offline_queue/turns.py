"""Whose turn it is, and what is in flight. What cannot be read is passed over."""

import sys
from collections.abc import Sequence

from offline_queue.damage import Damage
from offline_queue.errors import OutboxError
from offline_queue.item import Item, ItemState
from offline_queue.outcome import Outcome
from offline_queue.rows import Rows
from offline_queue.settling import Settling


class Turns:
    """The store's thread only; each method is one transaction."""

    def __init__(self, rows: Rows, settling: Settling, damage: Damage) -> None:
        self._rows, self._settling, self._damage = rows, settling, damage
        self._in_flight: dict[str, Item] = {}

    def claim(self, now: float, at_once: int = sys.maxsize) -> Item | None:
        """The item is in flight, and its stream is passed over, until `settle` or `release`.

        `at_once`: with so many in flight the next one can only be held ready. A sound is not, nor what is
        behind it: what is put meanwhile would wait for both.
        """
        while (head := self._head(now)) is not None:
            stream, first = head
            try:
                turn = self._rows.turn(stream, first)
                if len(self._in_flight) >= at_once and self._rows.is_bulky(stream, turn):
                    return None
                item = self._rows.find("(stream, sequence) = (?, ?)", stream, turn)
            except OutboxError as error:
                self._damage.note(error, stream)
            else:
                self._in_flight[item.stream] = item
                return item
        return None

    def _head(self, now: float) -> tuple[str, int] | None:
        names = self._passed_over()
        # A due time further ahead than any rest can be comes from a clock that was set back since.
        latest = now + 2 * self._settling.backoff.longest_s
        head = self._rows.head("due <= ?", now, names) or self._rows.head("due > ?", latest, names)
        return None if head is None else (str(head[0]), int(head[1]))

    def _passed_over(self) -> list[str]:
        return sorted({*self._in_flight, *self._damage.streams})

    def next_due(self) -> float | None:
        return self._rows.next_due(self._passed_over())

    def release(self, item_id: str) -> None:
        """The attempt was given up without an outcome."""
        stream = self._item(item_id).stream
        if stream in self._in_flight and self._in_flight[stream].id == item_id:
            del self._in_flight[stream]

    def release_all(self) -> None:
        self._in_flight.clear()

    def settle(self, item_id: str, outcome: Outcome, now: float) -> None:
        """A delivered item stays delivered, whatever a late second outcome says.

        LookupError: unknown id, or an item whose turn has not come. OutboxError WRONG_KEY_OR_DAMAGED: the
        stream is passed over from now on.
        """
        item = self._item(item_id)
        try:
            self._settle(item, outcome, now)
        except OutboxError as error:
            self._damage.note(error, item.stream)
            raise
        self._in_flight.pop(item.stream, None)

    def _settle(self, item: Item, outcome: Outcome, now: float) -> None:
        if item.state is not ItemState.DELIVERED:
            if not self._rows.is_its_turn(item):
                raise LookupError(f"it is not the turn of item {item.id}")
            self._settling.write(item, outcome, now)

    def _item(self, item_id: str) -> Item:
        """What was claimed is known with its content. LookupError: there is none."""
        claimed = (item for item in self._in_flight.values() if item.id == item_id)
        return next(claimed, None) or self._rows.find("id = ?", item_id)

    def retry(self, stream: str | None) -> int:
        """Lets what rests, or was refused, be tried at once: one stream, or all. Returns how many streams."""
        self._damage.streams.clear()  # they are looked at once more
        streams = [name for name in self._rows.unfinished_streams() if stream in (None, name)]
        try:
            if streams:
                self._settling.wake(streams, stream or "")
        except OutboxError as error:
            self._damage.note(error)
            self._wake_each(streams)
        return len(streams)

    def _wake_each(self, streams: Sequence[str]) -> None:
        for name in streams:
            try:
                self._settling.wake([name], name)
            except OutboxError as error:
                self._damage.note(error, name)
