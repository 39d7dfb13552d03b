"""The slots' file once more, in the outbox: nothing else opens the outbox of a dead kiosk.

The file is what counts, for commands write it beside a running kiosk. One that is gone or damaged comes back
from the copy, which is in the database and in the log. The copy has a tag of the outbox's key: slots of an
earlier key would open nothing.
"""

import hashlib
import hmac
from pathlib import Path

from offline_queue import files
from offline_queue.errors import OutboxError, translated
from offline_queue.rows import Rows
from offline_queue.slots import SLOTS, is_checked, parsed, slots_file

_STATE = "outbox_slots"
_TAG_BYTES = 32


class SlotsCopy:
    """The store's thread only."""

    def __init__(self, directory: Path, key: bytes, rows: Rows) -> None:
        self._directory, self._key, self._rows = directory, key, rows

    def state(self) -> dict[str, bytes]:
        """What is to be put into the kiosk's state: nothing, unless the file has changed."""
        file, copy = self._file(), self._kept()
        is_newer = file is not None and (copy is None or is_checked(file))
        return {_STATE: self._tag(file) + file} if file is not None and file != copy and is_newer else {}

    def mend(self) -> bool:
        """After what `state` said was put. True: the file was gone or damaged, and came back.

        What a command has written since is newer, and is put at the next look.
        """
        file, copy = self._file(), self._kept()
        if copy is None or file == copy or (file is not None and is_checked(file)):
            return False
        with translated():
            files.replace(slots_file(self._directory), copy)
        return True

    def _file(self) -> bytes | None:
        """None: gone, damaged, or not to be read."""
        try:
            with translated():
                content = slots_file(self._directory).read_bytes()
            parsed(content)
        except (OutboxError, ValueError):
            return None
        return content

    def _kept(self) -> bytes | None:
        """The copy, if it is one of this key."""
        kept = self._rows.state(_STATE) or b""
        tag, content = kept[:_TAG_BYTES], kept[_TAG_BYTES:]
        return content if content and hmac.compare_digest(tag, self._tag(content)) else None

    def _tag(self, content: bytes) -> bytes:
        return hmac.digest(self._key, SLOTS.encode() + content, hashlib.sha256)
