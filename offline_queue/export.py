"""Every record of an outbox as files, for who has its key: the kiosk, or the organisation for a dead one."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from offline_queue import files
from offline_queue.audit.checkpoint import as_row
from offline_queue.errors import OutboxError, OutboxReason, translated
from offline_queue.item import Counts, Item, ItemState
from offline_queue.rebuild import gathered
from offline_queue.scratch import scratch
from offline_queue.snapshot import copied

INDEX = "index.json"
AUDIT_TRAIL = "audit.json"


@dataclass(frozen=True, slots=True)
class Exported:
    """`lost`: how many items, at most, the copy no longer has in any way."""

    counts: Counts
    lost: int


def export(directory: Path, key: bytes, to: Path) -> Exported:
    """Reads a copy of `directory`, damaged or not, and writes one file for each item that was not delivered,
    and the audit chain.

    `to` must be new or empty. Its files are in clear. OutboxError: WRONG_KEY_OR_DAMAGED when nothing can be
    read with this key, CONFLICT when `to` is not empty, DISK_FULL, IO_FAILED.
    """
    make_empty(to)
    with (
        copied(directory) as copy,
        translated(),
        scratch() as work,
        gathered(copy, key, work) as found,
    ):
        entries = [_write(to, item) for item in found.items()]
        files.replace(to / INDEX, json.dumps(entries, indent=1).encode())
        files.replace(to / AUDIT_TRAIL, json.dumps([as_row(event) for event in found.events()]).encode())
        return Exported(found.counts, found.lost)


def make_empty(to: Path) -> None:
    """A folder for an export. OutboxError: CONFLICT when something is in it, DISK_FULL, IO_FAILED."""
    with translated():
        files.make_directory(to)
        if any(to.iterdir()):
            raise OutboxError(OutboxReason.CONFLICT, f"{to} is not empty")


def _write(to: Path, item: Item) -> dict[str, object]:
    entry: dict[str, object] = {
        "id": item.id,
        "stream": item.stream,
        "sequence": item.sequence,
        "kind": item.kind,
        "state": item.state.name.lower(),
        "attempts": item.attempts,
        "reason": item.reason,
        "receipt": item.receipt,
    }
    if item.state is not ItemState.DELIVERED:
        folder = to / _safe(item.stream)
        files.make_directory(folder)
        name = f"{item.sequence:08d}-{_safe(item.kind)}"
        files.replace(folder / name, item.payload)
        entry["file"] = f"{folder.name}/{name}"
    return entry


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", name) or "_"
