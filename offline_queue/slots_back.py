"""A slots' file that is gone comes back before another slot is added: one that is made anew would take the
place of its copy, and with it who could open the outbox until then."""

from functools import partial
from pathlib import Path

from offline_queue import files
from offline_queue.errors import translated
from offline_queue.rows import Rows
from offline_queue.sentinel import holds_outbox
from offline_queue.slots import is_checked, parsed, slots_file
from offline_queue.slots_copy import SlotsCopy
from offline_queue.snapshot import looking, opened


def bring_slots_back(directory: Path, key: bytes, owner: str) -> None:
    """Also beside a running kiosk. OutboxError: there is an outbox that cannot be read."""
    if _is_there(directory) or not holds_outbox(directory):
        return
    content = looking(directory, partial(_kept, key=key, owner=owner))
    if content is not None:
        with translated():
            files.replace(slots_file(directory), content)


def _is_there(directory: Path) -> bool:
    """And is what was written."""
    try:
        content = slots_file(directory).read_bytes()
        return bool(parsed(content)) and is_checked(content)
    except (OSError, ValueError):
        return False


def _kept(copy: Path, key: bytes, owner: str) -> bytes | None:
    with opened(copy, key, owner) as database:
        return SlotsCopy(copy, key, Rows(database)).kept()
