"""The key moves from its file into the chip, or back. It stays the same key, so the kiosk may run meanwhile.

Killed at any moment the key can be loaded; the same call again ends what was begun.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from offline_queue import files
from offline_queue.errors import OutboxError, OutboxReason, translated
from offline_queue.keys import load_key, sealed_by, sealed_file, staged_key
from offline_queue.lock import alone
from offline_queue.tpm import Chip


def seal_key(path: Path, chip: Chip) -> bool:
    """The file is destroyed once the chip has opened what lies on the disk. False: it was sealed already.

    Raises OutboxError: NO_CHIP, BUSY (the key is being changed), CONFLICT (two keys), and as `load_key`.
    """
    with _alone(path):
        fresh = not sealed_file(path).exists()
        if fresh:
            content = sealed_by(chip, load_key(path))
            with translated():
                files.publish(files.write_temporary(sealed_file(path), content), sealed_file(path))
        end_sealing(path, chip)
    return fresh


def unseal_key(path: Path, chip: Chip) -> bool:
    """Back into the file, before the chip is replaced or cleared. False: it was there already.

    Raises OutboxError: as `seal_key`, and KEY_NOT_UNSEALED.
    """
    with _alone(path):
        if not sealed_file(path).exists():
            return False
        end_sealing(path, chip)
        key = load_key(path, chip)
        with translated():
            files.replace(path, key)
            sealed_file(path).unlink()
            files.sync_directory(path.parent)
    return True


def end_sealing(path: Path, chip: Chip) -> None:
    """Destroys what an earlier sealing left of the file. Only for who holds the key's folder alone."""
    if not (sealed_file(path).exists() and path.exists()):
        return
    key = load_key(path, chip)
    with translated():
        if not _is_left_of(path.read_bytes(), key):
            raise OutboxError(
                OutboxReason.CONFLICT, f"{path} and {sealed_file(path)} are two keys: put one of them away"
            )
        files.destroy(path)


def _is_left_of(found: bytes, key: bytes) -> bool:
    """The key, or the key overwritten with zeros as far as a death let it."""
    return len(found) == len(key) and all(byte in (0, own) for byte, own in zip(found, key, strict=True))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with alone(path.parent):
        if any(staged_key(place).exists() for place in (path, sealed_file(path))):
            raise OutboxError(OutboxReason.BUSY, "the key is being changed")
        yield
