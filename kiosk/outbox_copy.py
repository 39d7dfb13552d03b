"""The technician's copy of the outbox: onto the USB stick that is mounted, or into the site's folder."""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kiosk.config import Config
from kiosk.data_dir import store_dir
from kiosk.outbox_reasons import CopyTrouble
from kiosk.store_key import usable_key
from offline_queue.errors import OutboxError
from offline_queue.owners_copy import NoRoomThere, copy_for_owner
from offline_queue.slots import read_slots

log = logging.getLogger(__name__)

MEDIA = (Path("/media"), Path("/run/media"))
"""Where removable media are mounted (Filesystem Hierarchy Standard 3.0, 3.11), or a folder deeper."""


@dataclass(frozen=True, slots=True)
class CopyMade:
    """`place`: the folder it is in, "" when there is `trouble`; `records`: how many wait in it."""

    place: str
    records: int = 0
    trouble: CopyTrouble | None = None


def copy_place(config: Config, media: Sequence[Path] = MEDIA) -> Path | CopyTrouble:
    """The site's folder if it has one, else the first medium that this user may write on. Blocks, as the rest
    here."""
    try:
        if not read_slots(store_dir(config)):
            return CopyTrouble.NO_OWNER_KEY
    except OutboxError as error:
        log.warning("who could open a copy of the outbox cannot be read: %s", error)
        return CopyTrouble.FAILED
    return config.kiosk.copy_dir or _first_medium(media) or CopyTrouble.NO_PLACE


def copy_outbox(config: Config, place: Path) -> CopyMade:
    """For as long as the medium takes. It says what happened; nothing here is changed."""
    to = place / f"telecabine-{config.kiosk.id}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    try:
        counts = copy_for_owner(store_dir(config), usable_key(config), config.kiosk.id, to)
    except (OutboxError, OSError) as error:
        log.warning("the outbox could not be copied: %s", error)
        return CopyMade("", trouble=_trouble(error))
    return CopyMade(str(to), counts.unfinished)


def _trouble(error: Exception) -> CopyTrouble:
    return CopyTrouble.NO_ROOM if isinstance(error, NoRoomThere) else CopyTrouble.FAILED


def _first_medium(media: Sequence[Path]) -> Path | None:
    found = (each for root in media for each in _two_deep(root))
    return next((each for each in found if os.path.ismount(each) and os.access(each, os.W_OK)), None)


def _two_deep(root: Path) -> list[Path]:
    first = _inside(root)
    return first + [each for folder in first for each in _inside(folder)]


def _inside(folder: Path) -> list[Path]:
    """Nothing of what cannot be read: another user's, or a medium that dies. The next one may do."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
