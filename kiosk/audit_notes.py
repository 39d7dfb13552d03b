"""What a command did that cannot write into the audit chain itself: the kiosk has it open, or it is damaged.

A note lies in the data folder until the kiosk, running or at its next start, has told the chain. Whoever may
write there could remove one, as they could remove the chain.
"""

import json
import logging
import os
import time
from pathlib import Path
from uuid import uuid4

from kiosk.audit import Told
from offline_queue import files
from offline_queue.audit.event import NewEvent

log = logging.getLogger(__name__)


def leave_note(directory: Path, kind: Told, how: str) -> None:
    """Raises OSError. Root leaves it to the user whose folder this is."""
    files.make_directory(directory)
    path = directory / f"{uuid4()}.json"
    content = {"kind": kind, "how": how, "at_ms": round(time.time() * 1000)}
    files.replace(path, json.dumps(content).encode())
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        owner = directory.parent.stat()
        for each in (directory, path):
            os.chown(each, owner.st_uid, owner.st_gid)


def read_notes(directory: Path, complained_of: set[Path]) -> dict[Path, NewEvent]:
    """By the file that is to be removed once it is told; `subject` is that file's name, in case it is told
    twice. `complained_of`: what was not understood, logged once each; it stays for who wants to know."""
    found: dict[Path, NewEvent] = {}
    for path in sorted(directory.glob("*.json")):
        try:
            content = json.loads(path.read_bytes())
            if content["kind"] != Told.OUTBOX_EXPORTED:  # all that a command may leave
                raise ValueError("not a command's")
            detail: dict[str, str | int] = {"how": str(content["how"]), "at_ms": int(content["at_ms"])}
            found[path] = NewEvent(Told.OUTBOX_EXPORTED, path.stem, detail)
        except (OSError, ValueError, KeyError, TypeError) as error:
            if path not in complained_of:
                complained_of.add(path)
                reason = type(error).__name__
                log.warning("the note %s cannot be told to the audit chain: %s", path.name, reason)
    return found
