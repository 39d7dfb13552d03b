"""The key of the database: 32 random bytes, sealed by the machine's chip or in a file for its owner alone.

Each function takes the path of that file. What the chip has sealed lies beside it, and counts where both are.
"""

import logging
import os
import secrets
import stat
from pathlib import Path

from offline_queue import files
from offline_queue.errors import OutboxError, OutboxReason, translated
from offline_queue.lock import alone
from offline_queue.sentinel import holds_outbox
from offline_queue.tpm import NO_CHIP, Chip, ChipError

log = logging.getLogger(__name__)

KEY_BYTES = 32
_SEALED_BYTES = 1 << 16
_OTHER_MAKES_IT_S = 120.0


def load_or_create_key(path: Path, outbox: Path | None = None, chip: Chip = NO_CHIP) -> bytes:
    """The key; made on first use, and sealed then where the chip can do that.

    With `outbox` (the directory that the key opens), a missing key is an error as soon as something is kept
    there: a new key could open nothing, and would sit where the lost one has to be put back.
    Raises OutboxError: KEY_MISSING, KEY_UNREADABLE (also: others may read it), KEY_NOT_UNSEALED, DISK_FULL,
    IO_FAILED.
    """
    if not _is_there(path):
        if outbox is not None and holds_outbox(outbox):
            raise OutboxError(OutboxReason.KEY_MISSING, f"{path} is gone, but {outbox} was written with it")
        _create(path, chip)
    return load_key(path, chip)


def load_key(path: Path, chip: Chip = NO_CHIP) -> bytes:
    """The key. Raises OutboxError: KEY_MISSING, KEY_UNREADABLE, KEY_NOT_UNSEALED."""
    for place in (sealed_file(path), path):
        try:
            content = _read(place)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise OutboxError(OutboxReason.KEY_UNREADABLE, str(error)) from error
        key = content if place == path else _unsealed(place, content, chip)
        if len(key) != KEY_BYTES:
            raise OutboxError(OutboxReason.KEY_UNREADABLE, f"{place} does not hold exactly {KEY_BYTES} bytes")
        return key
    raise OutboxError(OutboxReason.KEY_MISSING, str(path))


def sealed_file(path: Path) -> Path:
    """Where the key lies when the chip has sealed it."""
    return path.with_name(f"{path.name}.tpm")


def staged_key(path: Path) -> Path:
    """Where a new key waits while the outbox is being written anew with it."""
    return path.with_name(f"{path.name}.next")


def replace_key(path: Path, key: bytes) -> None:
    """Raises OutboxError: DISK_FULL, IO_FAILED."""
    with translated():
        files.replace(path, key)


def same_slot(path: Path, key: bytes, chip: Chip) -> tuple[Path, bytes]:
    """The file of a new key, and what is written there: what is sealed stays so. OutboxError: NO_CHIP."""
    if sealed_file(path).exists():
        return sealed_file(path), sealed_by(chip, key)
    return path, key


def sealed_by(chip: Chip, key: bytes) -> bytes:
    """Raises OutboxError: NO_CHIP."""
    try:
        return chip.seal(key)
    except ChipError as error:
        raise OutboxError(OutboxReason.NO_CHIP, f"nothing is changed: {error}") from error


def _is_there(path: Path) -> bool:
    return path.exists() or sealed_file(path).exists()


def _read(place: Path) -> bytes:
    with place.open("rb") as file:
        _refuse_lax(place, os.fstat(file.fileno()))
        return file.read(_SEALED_BYTES)


def _unsealed(place: Path, sealed: bytes, chip: Chip) -> bytes:
    try:
        return chip.unseal(sealed)
    except ChipError as error:
        detail = f"the chip does not open {place}: {error}"
        raise OutboxError(OutboxReason.KEY_NOT_UNSEALED, detail) from error


def _refuse_lax(path: Path, found: os.stat_result) -> None:
    if os.name == "nt":  # Access lists, not mode bits: the installer sets those of the folder.
        return
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise OutboxError(OutboxReason.KEY_UNREADABLE, f"others may read {path}: chmod 600 it")
    if found.st_uid not in (0, os.geteuid()):
        raise OutboxError(OutboxReason.KEY_UNREADABLE, f"{path} belongs to another user")


def _create(path: Path, chip: Chip) -> None:
    with alone(path.parent, _OTHER_MAKES_IT_S):
        if _is_there(path):
            return  # Another process was faster: its key counts.
        place, content = _first_slot(path, secrets.token_bytes(KEY_BYTES), chip)
        with translated():
            temporary = files.write_temporary(place, content)
            try:
                files.publish(temporary, place)
            except FileExistsError:
                return  # The same on Windows, where nobody is alone.


def _first_slot(path: Path, key: bytes, chip: Chip) -> tuple[Path, bytes]:
    try:
        return sealed_file(path), chip.seal(key)
    except ChipError as error:
        log.info("the outbox's key goes into a file: %s", error)
        return path, key
