"""A disk whose power may fail: of all that was done since the last sync, some is there and some is not.

What a file's content may be after a cut (`Loss`): all unsynced writes gone; those after some moment gone, the
last one torn at 512 bytes; or any of them, torn into 4 KiB. What names may be (`ordered`): those up to some
moment, every sync of a file committing the earlier ones as a journal does; or any, until their folder was
synced.
"""

import random
from collections import defaultdict
from enum import StrEnum
from itertools import pairwise

from tests.torture.outbox.trace import Step

_SECTOR, _PAGE = 512, 4096


class Loss(StrEnum):
    ALL = "all unsynced writes lost"
    LATEST = "the latest unsynced writes lost, one torn"
    ANY = "any unsynced writes lost, in pieces"


class Disk:
    def __init__(self, *, ordered: bool) -> None:
        self._ordered = ordered
        self._names: dict[str, int] = {}
        self._synced_names: dict[str, int] = {}
        self._naming: list[tuple[str, int | None]] = []
        self._synced: dict[int, bytearray] = {}
        self._writing: dict[int, list[Step]] = defaultdict(list)

    def do(self, step: Step) -> None:
        match step.what:
            case "c":
                number = len(self._synced)
                self._synced[number] = bytearray()
                self._name(step.name, number)
            case "w" | "t":
                self._writing[self._names[step.name]].append(step)
            case "s":
                self._sync(self._names[step.name])
            case "d":
                self._sync_names()
            case "r":
                self._name(step.other, self._names[step.name])
                self._name(step.name, None)
            case "l":
                self._name(step.other, self._names[step.name])
            case "u":
                self._name(step.name, None)

    def after_a_cut(self, rng: random.Random, loss: Loss) -> dict[str, bytes]:
        """The files as they may be found."""
        names = dict(self._synced_names)
        kept = rng.randint(0, len(self._naming))
        for at, (name, number) in enumerate(self._naming):
            if at < kept if self._ordered else rng.random() < 0.5:
                _set(names, name, number)
        return {name: bytes(self._content(number, rng, loss)) for name, number in names.items()}

    def _name(self, name: str, number: int | None) -> None:
        _set(self._names, name, number)
        self._naming.append((name, number))

    def _sync(self, number: int) -> None:
        for step in self._writing.pop(number, []):
            _write(self._synced[number], step)
        if self._ordered:
            self._sync_names()

    def _sync_names(self) -> None:
        for name, number in self._naming:
            _set(self._synced_names, name, number)
        self._naming.clear()

    def _content(self, number: int, rng: random.Random, loss: Loss) -> bytearray:
        content = bytearray(self._synced[number])
        writing = self._writing.get(number, [])
        if loss is Loss.LATEST:
            kept = rng.randint(0, len(writing))
            for step in writing[:kept]:
                _write(content, step)
            if kept < len(writing):
                sectors = len(writing[kept].data) // _SECTOR
                _write(content, _part(writing[kept], 0, rng.randint(0, sectors) * _SECTOR))
        elif loss is Loss.ANY:
            share = rng.random()
            for piece in (piece for step in writing for piece in _pieces(step)):
                if rng.random() < share:
                    _write(content, piece)
        return content


def _set(names: dict[str, int], name: str, number: int | None) -> None:
    if number is None:
        names.pop(name, None)
    else:
        names[name] = number


def _write(content: bytearray, step: Step) -> None:
    if step.what == "t":
        content.extend(bytes(max(0, step.offset - len(content))))
        del content[step.offset :]
    elif step.data:
        content.extend(bytes(max(0, step.offset - len(content))))
        content[step.offset : step.offset + len(step.data)] = step.data


def _part(step: Step, begin: int, end: int) -> Step:
    if step.what == "t":
        return Step("w", step.name, "", 0, b"")  # a cut is done or not
    return Step("w", step.name, "", step.offset + begin, step.data[begin:end])


def _pieces(step: Step) -> list[Step]:
    """Its parts within each page of the file."""
    if step.what == "t":
        return [step]
    edges = range(_PAGE - step.offset % _PAGE, len(step.data), _PAGE)
    bounds = [0, *edges, len(step.data)]
    return [_part(step, begin, end) for begin, end in pairwise(bounds)]
