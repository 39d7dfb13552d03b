"""A bit of one page is flipped."""

from pathlib import Path

from offline_queue.database import PAGE_BYTES, connect
from offline_queue.sentinel import DATABASE


def pages(directory: Path) -> range:
    """Their numbers, from 0."""
    return range((directory / DATABASE).stat().st_size // PAGE_BYTES)


def flip(directory: Path, page: int) -> None:
    """In the midst of it."""
    content = bytearray((directory / DATABASE).read_bytes())
    content[page * PAGE_BYTES + 1000] ^= 1
    (directory / DATABASE).write_bytes(content)


def root_of(directory: Path, key: bytes, name: str) -> int:
    """The first page of a table, or of an index."""
    connection = connect(directory / DATABASE, key)
    try:
        row = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
    finally:
        connection.close()
    return int(row[0]) - 1
