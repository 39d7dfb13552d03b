"""Files that are either wholly there or not there at all, also after a power cut."""

import os
import secrets
import shutil
from pathlib import Path


def sync_directory(directory: Path) -> None:
    """Makes a new, renamed or removed name in the directory survive a power cut."""
    if os.name == "nt":  # NTFS journals names by itself, and a directory cannot be opened there.
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_directory(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)


def write_temporary(path: Path, content: bytes) -> Path:
    """A new file beside `path`, readable by its owner alone, its content on the disk."""
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        temporary.unlink()
        raise
    return temporary


def replace(path: Path, content: bytes) -> None:
    """Writes the file anew; a crash leaves the old content or the new, never a mixture."""
    temporary = write_temporary(path, content)
    temporary.replace(path)
    sync_directory(path.parent)


def copy(path: Path, to: Path) -> None:
    """Piece by piece into a new file, readable by its owner alone, its content on the disk. A crash leaves a
    part of it."""
    handle = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file, path.open("rb") as source:
        shutil.copyfileobj(source, file)
        file.flush()
        os.fsync(file.fileno())


def destroy(path: Path) -> None:
    """Overwrites it where it lies, then removes it. A flash chip may keep old blocks all the same."""
    with path.open("r+b") as file:
        file.write(bytes(os.fstat(file.fileno()).st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    sync_directory(path.parent)


def sweep(directory: Path, prefix: str) -> None:
    """Removes what a crash left half-made. Only for who holds the directory alone."""
    for leftover in directory.glob(f"{prefix}.*.new*"):
        leftover.unlink()


def publish(temporary: Path, path: Path) -> None:
    """Gives a finished file its name; FileExistsError when the name is taken (it is never overwritten)."""
    try:
        os.link(temporary, path)
    finally:
        temporary.unlink()
    sync_directory(path.parent)
