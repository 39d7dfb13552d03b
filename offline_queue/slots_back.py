"""A slots' file that is gone comes back before a slot is added or removed: one that is made anew would take
the place of its copy, and with it who could open the outbox until then."""

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

from offline_queue import files
from offline_queue.errors import translated
from offline_queue.outcome import Backoff
from offline_queue.sentinel import holds_outbox
from offline_queue.slots import is_checked, parsed, slots_file
from offline_queue.snapshot import looking
from offline_queue.store import Store


def bring_slots_back(directory: Path, key: Callable[[], bytes], owner: str) -> bool:
    """True: it was lost or damaged, and is as the next start of the kiosk would have made it.

    Also beside a running kiosk, and never beside a change of the key. OutboxError: there is an outbox that
    cannot be read.
    """
    if _is_there(directory) or not holds_outbox(directory):
        return False
    content = looking(directory, partial(_kept, key=key(), owner=owner))
    if content is not None:
        with translated():
            files.replace(slots_file(directory), content)
    return content is not None


def _is_there(directory: Path) -> bool:
    """And is what was written."""
    try:
        content = slots_file(directory).read_bytes()
        return bool(parsed(content)) and is_checked(content)
    except (OSError, ValueError):
        return False


def _kept(copy: Path, key: bytes, owner: str) -> bytes | None:
    """Of the database or of the log, whichever is newer: opening compares the two."""
    with closing(Store(copy, key, owner, Backoff())):
        return slots_file(copy).read_bytes() if _is_there(copy) else None
