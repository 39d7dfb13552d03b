"""A copy of the outbox to carry away, still encrypted: the organisation's key opens it, nobody else's."""

import shutil
from pathlib import Path

from offline_queue import files
from offline_queue.errors import OutboxError, OutboxReason, translated
from offline_queue.item import Counts
from offline_queue.rows import Rows
from offline_queue.slots import read_slots
from offline_queue.snapshot import looking, opened


class NoRoomThere(OutboxError):
    """Where the copy should go; the kiosk's own disk is another matter."""

    def __init__(self, detail: str) -> None:
        super().__init__(OutboxReason.DISK_FULL, detail)


def copy_for_owner(directory: Path, key: bytes, owner: str, to: Path) -> Counts:
    """Also beside a running kiosk. `to` is made, and must not be there; `telecabine outbox recover` takes it
    as `--from`. A copy that failed is removed.

    OutboxError: KEY_MISSING when no organisation could open it, CONFLICT (`to` is there), NoRoomThere,
    DISK_FULL (here), IO_FAILED, and those of `open_database`.
    """
    if not read_slots(directory):
        raise OutboxError(OutboxReason.KEY_MISSING, "no organisation's key can open a copy")
    with translated():
        is_there = to.exists()
    if is_there:
        raise OutboxError(OutboxReason.CONFLICT, f"{to} is there already")
    return looking(directory, lambda copy: _copy_whole(copy, key, owner, to))


def _copy_whole(copy: Path, key: bytes, owner: str, to: Path) -> Counts:
    """Opened once, so that what was torn while the kiosk wrote is not carried away."""
    with opened(copy, key, owner) as database:
        counts = Rows(database).counts()
    try:
        with translated():
            _copy_files(copy, to)
    except OutboxError as error:
        shutil.rmtree(to, ignore_errors=True)
        if error.reason is OutboxReason.DISK_FULL:
            raise NoRoomThere(error.detail) from error
        raise
    return counts


def _copy_files(copy: Path, to: Path) -> None:
    files.make_directory(to)
    for path in sorted(copy.iterdir()):
        files.copy(path, to / path.name)
    files.sync_directory(to)
    files.sync_directory(to.parent)
