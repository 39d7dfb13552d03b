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
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.owners_copy import copy_for_owner

log = logging.getLogger(__name__)

MEDIA = (Path("/media"), Path("/run/media"))
"""Where removable media are mounted (Filesystem Hierarchy Standard 3.0, 3.11), or a folder deeper."""


@dataclass(frozen=True, slots=True)
class CopyMade:
    """`place`: the folder it is in, "" when there is `trouble`; `records`: how many wait in it."""

    place: str
    records: int = 0
    trouble: CopyTrouble | None = None


_TROUBLES = {
    OutboxReason.KEY_MISSING: CopyTrouble.NO_OWNER_KEY,
    OutboxReason.DISK_FULL: CopyTrouble.NO_ROOM,
}


def copy_outbox(config: Config, media: Sequence[Path] = MEDIA) -> CopyMade:
    """Blocks for as long as the medium takes. It says what happened; nothing here is changed."""
    place = _place(config, media)
    if place is None:
        return CopyMade("", trouble=CopyTrouble.NO_PLACE)
    to = place / f"telecabine-{config.kiosk.id}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    try:
        counts = copy_for_owner(store_dir(config), usable_key(config), config.kiosk.id, to)
    except OutboxError as error:
        log.warning("the outbox could not be copied: %s", error)
        return CopyMade("", trouble=_TROUBLES.get(error.reason, CopyTrouble.FAILED))
    return CopyMade(str(to), counts.waiting + counts.parked + counts.quarantined)


def _place(config: Config, media: Sequence[Path]) -> Path | None:
    """The site's folder if it has one, else the first medium that this user may write on."""
    if config.kiosk.copy_dir:
        return Path(config.kiosk.copy_dir)
    mounted = (path for root in media for deep in ("*", "*/*") for path in sorted(root.glob(deep)))
    return next((path for path in mounted if path.is_mount() and os.access(path, os.W_OK)), None)
