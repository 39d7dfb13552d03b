"""The segments of the log: one is written, the older ones stay while something in them waits.

Segment i holds what was put after segment i began and before the next one did. So each sequence has one
segment, also when files in between are gone, and whether that is still needed can be asked from the database.
A file's name says its number and the first sequence that can be in it: a log of a thousand segments is opened
without reading any of them.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import accumulate
from pathlib import Path

from offline_queue import files
from offline_queue.audit.event import Event
from offline_queue.errors import OutboxError, translated
from offline_queue.sentinel import WITNESS
from offline_queue.witness.record import REWRITTEN, Begin, Done, Dropped, Kept, Put, Record, Told
from offline_queue.witness.segment import Content, Segment, destroyed_afterwards, read

SEGMENT_BYTES = 1_000_000
_FAR = 2**62
_NAME = re.compile(re.escape(WITNESS) + r"(\d+)-(\d+)")


class Witness:
    """Belongs to the store's thread. Every method may raise OutboxError (DISK_FULL, IO_FAILED)."""

    def __init__(self, directory: Path, key: bytes, owner: str) -> None:
        """Looks at what is there; nothing is written before `begin`."""
        self._directory, self._key, self._owner = directory, key, owner
        self._writing: Segment | None = None
        self._spoiled = False
        with translated():
            found = dict(sorted(_files(directory)))
        self._paths = {number: path for number, (_, path) in found.items()}
        self.numbers = list(found)
        self._newest = max(self.numbers, default=0)
        self._firsts = list(accumulate((first for first, _ in reversed(found.values())), min))[::-1]
        self._begins: dict[int, Begin | None] = {}

    def begin_of(self, number: int) -> Begin | None:
        """How a segment that was here at the start begins; None: it is damaged."""
        if number not in self._begins:
            with translated():
                self._begins[number] = read(self._paths[number], self._key, number, only_begin=True).begin
        return self._begins[number]

    def read(self, number: int) -> Content:
        """What an older segment says, as far as it is authentic."""
        with translated():
            return read(self._paths[number], self._key, number)

    def begin(
        self, put_count: int, highest: int, state: Mapping[str, bytes], events: Sequence[Event]
    ) -> None:
        """Starts a new segment after `put_count` transactions; `state`: all that holds at this moment,
        `events`: all that no checkpoint vouches for.
        """
        number = self._next_number()
        older = tuple(zip(self.numbers, self._firsts, strict=True))
        records = (Begin(self._owner, put_count, highest, older), Put(put_count, (), state, events))
        path = self._named(number, highest + 1)
        if self._writing is not None:
            with suppress(OSError):  # a disk that refuses is why this one is left
                self._writing.sync()
        with translated():
            writing = self._made(path, number, records)
            if self._writing is not None:
                self._writing.close()
        self._writing, self._spoiled = writing, False
        self._firsts = [min(first, highest + 1) for first in self._firsts]
        self.numbers.append(number)
        self._firsts.append(highest + 1)

    def _made(self, path: Path, number: int, records: Sequence[Record]) -> Segment:
        try:
            return Segment(path, self._key, number, records)
        except (
            OSError
        ):  # it may have its name all the same, and would claim what still goes into the one before
            path.unlink(missing_ok=True)
            raise

    def add(self, items: Sequence[Kept]) -> None:
        """An older segment with what waits and no segment has; in the order of their sequences."""
        number, first = self._next_number(), items[0].sequence
        self._write_anew(self._named(number, first), number, first, items)
        self.numbers.append(number)
        self._firsts.append(first)

    @property
    def wants_a_new_segment(self) -> bool:
        """The present one is full; or the disk failed under it, and nothing it says of itself counts."""
        if self._writing is None or self._spoiled:
            return True
        began = self._writing.began_size  # The state may be large: it is not to be copied with each put.
        return self._writing.size - began >= max(SEGMENT_BYTES, began)

    def append(self, put: Put) -> None:
        """On the disk when it returns. After an error the log is as before."""
        self._write(put, sync=True)

    def note(self, record: Done | Told) -> None:
        """Not synced: who reads an older log sends it once more, which its id makes harmless."""
        if self._writing is not None:  # On a full disk there may be none.
            self._write(record, sync=False)

    def take_back(self) -> None:
        """Removes what was appended last: its transaction failed elsewhere."""
        assert self._writing is not None
        self._spoiled = True  # until that is on the disk, which a new segment does not have to trust
        with translated():
            self._writing.take_back()
        self._spoiled = False

    def segment_of(self, sequence: int) -> int:
        return self.numbers[max(0, bisect_right(self._firsts, sequence) - 1)]

    def span(self, number: int) -> tuple[int, int]:
        """First and last sequence that belong to a segment; of the last one there is no end."""
        at = self.numbers.index(number)
        last = _FAR if at + 1 == len(self.numbers) else self._firsts[at + 1] - 1
        return (self._firsts[at] if at else 0), last

    def after(self, number: int) -> int:
        """The segment that follows an older one."""
        return self.numbers[self.numbers.index(number) + 1]

    def rewrite(self, number: int, items: Sequence[Kept]) -> None:
        """Puts an older segment anew with what is still needed of it."""
        path = self._paths[number]
        with translated(), destroyed_afterwards(path):
            self._write_anew(path, number, self.span(number)[0], items)

    def drop(self, number: int) -> None:
        """Destroys an older segment, and says so first; its span goes to the one before."""
        if self._writing is not None:
            with suppress(OutboxError):  # on a full disk: then a lost database has more to be missed, at most
                self._write(Dropped(number), sync=True)
        at = self.numbers.index(number)
        del self.numbers[at], self._firsts[at]
        self.destroy(number)

    def set_aside(self) -> list[int]:
        """From now on there is no segment; the numbers of those that were. `destroy` removes their files."""
        old, self.numbers, self._firsts = self.numbers, [], []
        return old

    def destroy(self, number: int) -> None:
        path = self._paths.pop(number)
        with translated(), destroyed_afterwards(path):
            path.unlink()
            files.sync_directory(self._directory)

    def close(self) -> None:
        if self._writing is not None:
            self._writing.close()

    def _next_number(self) -> int:
        self._newest += 1
        return self._newest

    def _write_anew(self, path: Path, number: int, first: int, items: Sequence[Kept]) -> None:
        puts = (Put(REWRITTEN, (item,), {}) for item in items)
        with translated():
            begin = Begin(self._owner, REWRITTEN, first - 1)
            Segment(path, self._key, number, (begin, *puts)).close()

    def _write(self, record: Put | Done | Told | Dropped, *, sync: bool) -> None:
        assert self._writing is not None
        try:
            with translated():
                self._writing.append(record, sync=sync)
        except BaseException:
            self._spoiled = True  # A second sync may say yes to what the first one lost.
            raise

    def _named(self, number: int, first: int) -> Path:
        """A new segment's file."""
        self._paths[number] = self._directory / f"{WITNESS}{number:08d}-{first}"
        return self._paths[number]


def _files(directory: Path) -> Iterator[tuple[int, tuple[int, Path]]]:
    """Number, first sequence and file of each segment."""
    if not directory.exists():
        return
    for path in directory.iterdir():  # Path.glob takes three times as long with a thousand of them
        if match := _NAME.fullmatch(path.name):
            yield int(match[1]), (int(match[2]), path)
