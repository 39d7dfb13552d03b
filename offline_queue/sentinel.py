"""A small file beside the database that knows it has been here, whose it is and how far it had come.

SQLite opens a missing or empty file as a new, empty database; the sentinel is how that is noticed. A second
one lies outside of the outbox's folder, beside its key: for when the whole folder is gone, older or another
one (docs/decisions/0019).
"""

import hashlib
import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path

from offline_queue import files
from offline_queue.errors import OutboxError, OutboxReason, translated

log = logging.getLogger(__name__)

DATABASE = "outbox.db"
SENTINEL = "outbox.owner"
WITNESS = "outbox.log."
RECOVERING = "recovering"
"""The folder in which `recover` keeps the old database until the new one is in its place."""
MARK_EVERY = 64
OUTSIDE_EVERY_S = 60.0
"""What was put since the outside mark was last written can be lost with the folder and not be missed."""


def holds_outbox(directory: Path) -> bool:
    """True when the directory holds, or ever held, an outbox."""
    return bool(_record_files(directory)) or (directory / SENTINEL).exists()


def is_blank(directory: Path) -> bool:
    """True when there is no record, also because every file that could hold one is empty."""
    return not any(path.stat().st_size for path in _record_files(directory))


def _record_files(directory: Path) -> list[Path]:
    candidates = [directory / DATABASE, directory / f"{DATABASE}-wal", *directory.glob(f"{WITNESS}*")]
    return [path for path in candidates if path.exists()]


@dataclass(frozen=True, slots=True)
class Mark:
    """`sequence` is a lower bound of the highest number ever given: it may lag, never lead. `generation`:
    which outbox of that kiosk it is, "" when that is not known."""

    owner: str
    sequence: int
    generation: str = ""


def read_mark(directory: Path) -> Mark | None:
    """The sentinel. None when there is none, or when it cannot be understood (which is logged)."""
    return read_mark_file(directory / SENTINEL)


def read_mark_file(path: Path | None) -> Mark | None:
    """As `read_mark`, wherever it lies."""
    if path is None or not path.exists():
        return None
    try:
        with translated():
            content = json.loads(path.read_bytes())
        generation = str(content.get("generation", ""))
        mark = Mark(str(content["owner"]), int(content["sequence"]), generation)
        if content["check"] != _check(mark):
            raise ValueError("it does not fit its own check")
        return mark
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        log.error("the sentinel %s is damaged (%s); it will be written anew", path, type(error).__name__)
        return None


def write_mark(directory: Path, mark: Mark) -> None:
    write_mark_file(directory / SENTINEL, mark)


def write_mark_file(path: Path, mark: Mark) -> None:
    content = {"owner": mark.owner, "sequence": mark.sequence, "generation": mark.generation}
    with translated():
        files.replace(path, json.dumps({**content, "check": _check(mark)}).encode())


def _check(mark: Mark) -> str:
    """Against damage, not against malice: who can write here can also remove everything."""
    generation = f" {mark.generation}" if mark.generation else ""  # as before there were any
    return hashlib.sha256(f"{mark.owner} {mark.sequence}{generation}".encode()).hexdigest()[:16]


def check_mark(mark: Mark | None, here: Mark) -> None:
    """Raises OutboxError: NOT_OURS, SWAPPED, or OLDER when the outbox knows less than it once did."""
    if mark is None:
        return
    if mark.owner != here.owner:
        detail = f"this outbox is {here.owner}'s, but {mark.owner} had one here"
        raise OutboxError(OutboxReason.NOT_OURS, detail)
    if mark.generation and mark.generation != here.generation:
        detail = f"this is outbox {here.generation or 'unnamed'}, but {mark.generation} was in use here"
        # Without a name it is from before there were any: a backup of this one as it was then.
        raise OutboxError(OutboxReason.SWAPPED if here.generation else OutboxReason.OLDER, detail)
    if here.sequence < mark.sequence:
        detail = f"the outbox ends at item {here.sequence}, but item {mark.sequence} was stored once"
        raise OutboxError(OutboxReason.OLDER, detail)


def check_there(directory: Path, outside: Path | None) -> None:
    """Raises OutboxError MISSING when there is no outbox where the outside mark, also a damaged one, knows of
    one; or when `recover` was cut short, so that there is no database in its place."""
    if (directory / RECOVERING).exists() and not (directory / DATABASE).exists():
        detail = f"`recover` was cut short in {directory}: done once more, it goes on from there"
        raise OutboxError(OutboxReason.MISSING, detail)
    if outside is None or not outside.exists() or holds_outbox(directory):
        return
    mark = read_mark_file(outside)
    how_many = f"up to {mark.sequence}" if mark else "nobody knows how many"
    detail = f"{directory} holds no outbox, but {how_many} items were stored in it once"
    raise OutboxError(OutboxReason.MISSING, detail)


class Sentinel:
    """Keeps the marks near to where the outbox is, without writing them for each item. They are lower bounds:
    a failure is logged and tried again later."""

    def __init__(self, directory: Path, owner: str, outside: Path | None) -> None:
        """`outside`: the second mark, for who has a place for it."""
        self._inside, self._outside, self._owner = directory / SENTINEL, outside, owner
        self._marked = self._marked_outside = -1
        self._outside_at = 0.0
        self.generation = ""

    def check(self, here: Mark) -> bool:
        """Raises OutboxError as `check_mark`. False: the inside mark is gone."""
        self.generation = here.generation
        inside = read_mark_file(self._inside)
        check_mark(inside, here)
        if self._outside is not None:
            with translated():
                files.sweep(self._outside.parent, self._outside.name)
            check_mark(read_mark_file(self._outside), here)
        return inside is not None

    def lags(self, sequence: int) -> bool:
        return sequence - self._marked >= MARK_EVERY or self._outside_lags(sequence)

    def _outside_lags(self, sequence: int) -> bool:
        due = time.monotonic() - self._outside_at >= OUTSIDE_EVERY_S
        return self._outside is not None and due and sequence > self._marked_outside

    def raise_to(self, sequence: int, *, both: bool = False) -> None:
        """`both`: the outside one too, however young it is."""
        if self._marked != sequence and self._is_written(self._inside, sequence):
            self._marked = sequence
        if self._outside is not None and (
            self._outside_lags(sequence) or (both and self._marked_outside != sequence)
        ):
            self._outside_at = time.monotonic()  # also of a failure: not again for each item
            if self._is_written(self._outside, sequence):
                self._marked_outside = sequence

    def _is_written(self, path: Path, sequence: int) -> bool:
        try:
            write_mark_file(path, Mark(self._owner, sequence, self.generation))
        except OutboxError as error:
            log.warning("the outbox's sentinel %s could not be written: %s", path, error)
            return False
        return True
