"""`recover`: killed on its way, or asked of what it must leave alone."""

from pathlib import Path

import pytest

from offline_queue import files
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.export import export
from offline_queue.item import Counts
from offline_queue.rebuild import rebuild
from offline_queue.sentinel import DATABASE, RECOVERING, SENTINEL
from offline_queue.snapshot import verify
from tests.offline_queue.helpers import KEY, OWNER
from tests.offline_queue.test_witness import fill, intact, open_and_verify, segments


class Killed(BaseException):
    """Nothing that the program catches."""


def dying(*_: object) -> None:
    raise Killed


@pytest.mark.parametrize("without_a_mark", [False, True])
def test_killed_before_the_new_database_has_its_place(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_a_mark: bool
) -> None:
    """The log is gone: what the old database has is all there is."""
    held = fill(directory)
    for path in segments(directory):
        path.unlink()
    if without_a_mark:
        (directory / SENTINEL).unlink()
    monkeypatch.setattr(files, "publish", dying)
    with pytest.raises(Killed):
        rebuild(directory, KEY, OWNER)
    monkeypatch.undo()
    assert not (directory / DATABASE).exists() and (directory / RECOVERING).exists()
    for ask in (open_and_verify, lambda there: verify(there, KEY, OWNER)):
        with pytest.raises(OutboxError) as caught:
            ask(directory)
        assert caught.value.reason is OutboxReason.MISSING, "nothing is made anew by itself"
    assert export(directory, KEY, tmp_path / "out").counts == Counts(waiting=30, delivered=10)
    done = rebuild(directory, KEY, OWNER)
    assert (done.counts, done.lost) == (Counts(waiting=30, delivered=10), 0)
    assert (done.aside / DATABASE).exists() and not (directory / RECOVERING).exists()
    store = open_and_verify(directory)
    intact(store, held)
    store.close()


def test_killed_when_it_was_as_good_as_done(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next start gives the old files their last name: they are never taken for the newer ones."""
    held = fill(directory)
    monkeypatch.setattr("offline_queue.rebuild.name_aside", dying)
    with pytest.raises(Killed):
        rebuild(directory, KEY, OWNER)
    monkeypatch.undo()
    store = open_and_verify(directory)
    intact(store, held)
    store.close()
    assert not (directory / RECOVERING).exists()
    assert [(path / DATABASE).exists() for path in directory.glob("damaged-*")] == [True]
