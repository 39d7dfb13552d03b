"""A small file beside the database that knows it has been here, whose it is and how far it had come.

SQLite opens a missing or empty file as a new, empty database; the sentinel is how that is noticed.
"""

import hashlib
import json
import logging
from dataclasses import dataclass
from pathlib import Path

from offline_queue import files
from offline_queue.errors import OutboxError, OutboxReason, translated

log = logging.getLogger(__name__)

DATABASE = "outbox.db"
SENTINEL = "outbox.owner"
WITNESS = "outbox.log."
MARK_EVERY = 64


def holds_outbox(directory: Path) -> bool:
    """True when the directory holds, or ever held, an outbox."""
    names = (DATABASE, f"{DATABASE}-wal", SENTINEL)
    return any((directory / name).exists() for name in names) or any(directory.glob(f"{WITNESS}*"))


@dataclass(frozen=True, slots=True)
class Mark:
    """`sequence` is a lower bound of the highest number ever given: it may lag, never lead."""

    owner: str
    sequence: int


def read_mark(directory: Path) -> Mark | None:
    """None when there is no sentinel, or when it cannot be understood (which is logged)."""
    path = directory / SENTINEL
    if not path.exists():
        return None
    try:
        with translated():
            content = json.loads(path.read_bytes())
        mark = Mark(owner=str(content["owner"]), sequence=int(content["sequence"]))
        if content["check"] != _check(mark):
            raise ValueError("it does not fit its own check")
        return mark
    except (ValueError, KeyError, TypeError) as error:
        log.error("the sentinel %s is damaged (%s); it will be written anew", path, type(error).__name__)
        return None


def write_mark(directory: Path, mark: Mark) -> None:
    content = json.dumps({"owner": mark.owner, "sequence": mark.sequence, "check": _check(mark)})
    with translated():
        files.replace(directory / SENTINEL, content.encode())


def _check(mark: Mark) -> str:
    """Against damage, not against malice: who can write here can also remove everything."""
    return hashlib.sha256(f"{mark.owner} {mark.sequence}".encode()).hexdigest()[:16]


def check_mark(mark: Mark | None, sequence: int) -> None:
    """Raises OutboxError MISSING when the outbox knows less than it once did."""
    if mark is not None and sequence < mark.sequence:
        detail = f"the outbox ends at item {sequence}, but item {mark.sequence} was stored once"
        raise OutboxError(OutboxReason.MISSING, detail)


class Sentinel:
    """Keeps the mark near to where the outbox is, without writing it for each item."""

    def __init__(self, directory: Path, owner: str) -> None:
        self._directory, self._owner = directory, owner
        self._marked = -1

    def lags(self, sequence: int) -> bool:
        return sequence - self._marked >= MARK_EVERY

    def raise_to(self, sequence: int) -> None:
        """It is a lower bound: a failure is logged and tried again later."""
        if self._marked == sequence:
            return
        try:
            write_mark(self._directory, Mark(self._owner, sequence))
        except OutboxError as error:
            log.warning("the outbox's sentinel could not be written: %s", error)
        else:
            self._marked = sequence
