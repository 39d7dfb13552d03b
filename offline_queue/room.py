"""Room on the disk: what is put must never take the last of it, for settling needs some."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from offline_queue.ballast import Ballast
from offline_queue.database import CHECKPOINT_BYTES, CHECKPOINT_PAGES, open_database
from offline_queue.errors import OutboxError, OutboxReason, translated
from offline_queue.sentinel import DATABASE
from offline_queue.sql import Database

log = logging.getLogger(__name__)

_SOUND_BYTES = 64_000_000
"""A larger file is not read as a whole beside a running kiosk: nobody could put anything meanwhile."""
_PAYLOAD_MAY_STAY = (OutboxReason.DISK_FULL, OutboxReason.WRONG_KEY_OR_DAMAGED)


class Room:
    def __init__(self, directory: Path, database: Database, ballast: Ballast) -> None:
        self._directory = directory
        self._database = database
        self._ballast = ballast

    def enough_for(self, size: int) -> bool:
        """For new content of `size` bytes: in the witness log, in the write-ahead log and in the database.

        While the reserve is released, the room that it left is for settling alone. What stays free lets the
        log be emptied, without which nothing could be written any more.
        """
        with translated():
            free = shutil.disk_usage(self._directory).free
        return self._ballast.held and free >= CHECKPOINT_BYTES + 3 * size

    def reclaim(self, steps: int | None = None) -> bool:
        """Gives free pages back to the file system, and takes the reserve again where there is room.

        With `steps` only so many of 64 pages: whoever puts something waits for them. True: there are more.
        """
        free, done, moving = self._free_pages(), 0, True
        while free > 0 and moving and done != steps:  # Small ones, so that the write-ahead log stays small.
            self._database.all(f"PRAGMA incremental_vacuum({CHECKPOINT_PAGES // 2})")
            self.checkpoint()
            before, free = free, self._free_pages()
            done, moving = done + 1, free < before
        self._ballast.hold()
        return free > 0 and moving

    def write_in_any_case(self, write: Callable[[bool], None]) -> bool:
        """`write` in a transaction, with True: it may destroy a payload.

        On a full disk the reserve pays; should even that be too little, or a page beside the payload be
        damaged, it is written with False, and False comes back: the payload has to be destroyed later.
        """
        for attempt in ("plain", "reserve", "keep payload"):
            try:
                with self._database.transaction():
                    write(attempt != "keep payload")
                return attempt != "keep payload"
            except OutboxError as error:
                if error.reason not in _PAYLOAD_MAY_STAY or attempt == "keep payload":
                    raise
                if error.reason is OutboxReason.DISK_FULL:
                    self.release()
        raise AssertionError("unreachable")

    def release(self) -> None:
        """Spends the reserve, so that what is being settled can be written."""
        with translated():
            self._ballast.release()
        self.checkpoint()

    def checkpoint(self) -> None:
        """Copies the write-ahead log into the database; on a full disk as far as it goes.

        The log's file keeps its size: it is written again from its start, which takes no new room.
        """
        try:
            self._database.all("PRAGMA wal_checkpoint(PASSIVE)")
        except OutboxError as error:
            if error.reason is not OutboxReason.DISK_FULL:
                raise
            log.warning("the write-ahead log could not be emptied: %s", error)

    def empty_log(self) -> None:
        """Leaves nothing in the write-ahead log, where the key would still read what was destroyed."""
        self._database.all("PRAGMA wal_checkpoint(TRUNCATE)")

    def is_sound(self, *, however_long: bool = False) -> bool:
        """Whether each page of the file is as it was written. Reads all of it, if not too long."""
        if not however_long and (self._directory / DATABASE).stat().st_size > _SOUND_BYTES:
            return True  # A bad page shows when it is read; `outbox verify` reads all of them, on a copy.
        self.empty_log()  # After a power cut in a checkpoint, the log has what the file lacks.
        return not self._database.all("PRAGMA cipher_integrity_check")

    def _free_pages(self) -> int:
        return self._database.number("PRAGMA freelist_count")


def open_in_any_case(directory: Path, key: bytes, owner: str, ballast: Ballast) -> Any:
    """As `open_database`, which may have to write (a migration, the end of a recovery): on a full disk from
    the reserve.
    """
    try:
        return open_database(directory, key, owner)
    except OutboxError as error:
        if error.reason is not OutboxReason.DISK_FULL or not ballast.held:
            raise
    with translated():
        ballast.release()
    return open_database(directory, key, owner)
