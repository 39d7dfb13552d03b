"""Looking at an outbox while a kiosk writes into it: what is torn is copied again, what is wrong is said."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from offline_queue import snapshot
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.outcome import Backoff
from offline_queue.sentinel import DATABASE
from offline_queue.snapshot import copied, opened, verify
from offline_queue.store import Store
from tests.offline_queue.helpers import KEY, OWNER, new


@pytest.fixture
def running(directory: Path) -> Iterator[Store]:
    """A kiosk with 300 kB that wait."""
    with closing(Store(directory, KEY, OWNER, Backoff())) as store:
        for number in range(30):
            store.put([new(f"i{number}", payload=os.urandom(10_000))], {})
        yield store


def torn_by(write: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The database is written into when the half of its first copy is made. Returns the copies."""
    copy, copies = snapshot._copy, []

    def copying(path: Path, to: Path) -> None:
        if path.name == DATABASE:
            copies.append(to)
        if path.name != DATABASE or len(copies) > 1:
            copy(path, to)
            return
        with path.open("rb") as source, to.open("wb") as copied_file:
            copied_file.write(source.read(path.stat().st_size // 2))
            write()
            copied_file.write(source.read())

    monkeypatch.setattr(snapshot, "_copy", copying)
    return copies


def test_a_database_that_was_written_meanwhile_is_copied_again(
    directory: Path, running: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def checkpoint() -> None:
        running.put([new(f"j{number}", payload=os.urandom(10_000)) for number in range(30)], {})
        running._room.empty_log()

    copies = torn_by(checkpoint, monkeypatch)
    with copied(directory) as copy, opened(copy, KEY, OWNER) as database:
        assert database.all("PRAGMA cipher_integrity_check") == []
        assert database.number("SELECT count(*) FROM payload") == 60
    assert len(copies) == 2


def test_who_verifies_looks_again_before_a_running_kiosk_is_called_damaged(
    directory: Path, running: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Torn within a tick of the file system's clock: nothing but its content tells."""
    running._room.empty_log()
    looks = snapshot._verify
    torn = [0, 3]  # its first page, and another one

    def looking(copy: Path, *others: object) -> object:
        if torn:
            content = bytearray((copy / DATABASE).read_bytes())
            content[torn.pop() * 4096 + 100] ^= 1
            (copy / DATABASE).write_bytes(content)
        return looks(copy, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(snapshot, "_verify", looking)
    assert verify(directory, KEY, OWNER) == ()
    assert not torn


def test_what_is_damaged_stays_damaged(directory: Path, running: Store) -> None:
    running._room.empty_log()
    content = bytearray((directory / DATABASE).read_bytes())
    content[100] ^= 1
    (directory / DATABASE).write_bytes(content)
    with pytest.raises(OutboxError) as caught:
        verify(directory, KEY, OWNER)
    assert caught.value.reason is OutboxReason.WRONG_KEY_OR_DAMAGED
