"""`recover`: killed on its way, or asked of what it must leave alone."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from offline_queue import files
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.export import export
from offline_queue.item import Counts
from offline_queue.outcome import Backoff, Delivered
from offline_queue.rebuild import rebuild
from offline_queue.sentinel import DATABASE, RECOVERING, SENTINEL
from offline_queue.snapshot import verify
from offline_queue.store import Store
from offline_queue.witness import log as witness_log
from tests.offline_queue.helpers import KEY, NOW, OWNER, new
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


def unmarked(directory: Path) -> None:
    (directory / SENTINEL).unlink()


def only_marked(directory: Path) -> None:
    """The log begins with a name too, and is asked last."""
    (directory / DATABASE).unlink()


def only_the_log(directory: Path) -> None:
    (directory / DATABASE).write_bytes(b"")
    unmarked(directory)


@pytest.mark.parametrize("harm", [unmarked, only_marked, only_the_log])
def test_nothing_is_made_anew_under_another_name(directory: Path, harm: Callable[[Path], None]) -> None:
    fill(directory)
    open_and_verify(directory).close()
    harm(directory)
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    with pytest.raises(OutboxError) as caught:
        rebuild(directory, KEY, "a mistyped name", accept_loss=True)
    assert caught.value.reason is OutboxReason.NOT_OURS and OWNER in caught.value.detail
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before
    assert rebuild(directory, KEY, OWNER, accept_loss=True).counts.waiting == 30


def test_nor_when_only_the_mark_beside_the_key_knows_it(directory: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outbox.mark"
    Store(directory, KEY, OWNER, Backoff(), outside=outside).close()
    shutil.rmtree(directory)
    with pytest.raises(OutboxError) as caught:
        rebuild(directory, KEY, "a mistyped name", accept_loss=True, outside=outside)
    assert caught.value.reason is OutboxReason.NOT_OURS


# --- the database is lost, and a part of the log


@pytest.fixture
def logs(directory: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Three segments with twenty items each, of a kiosk that was closed."""
    monkeypatch.setattr(witness_log, "SEGMENT_BYTES", 10_000)
    with closing(Store(directory, KEY, OWNER, Backoff())) as store:
        for number in range(60):
            store.put([new(f"i{number}", payload=bytes(400))], {})
    assert len(segments(directory)) == 3
    return segments(directory)


def refused(directory: Path) -> str:
    """What `recover` says that it would lose."""
    with pytest.raises(OutboxError) as caught:
        rebuild(directory, KEY, OWNER)
    assert caught.value.reason is OutboxReason.MISSING
    return caught.value.detail


@pytest.mark.parametrize("gone", [[0], [1], [2], [0, 1], [0, 2], [1, 2]])
def test_segments_that_are_gone_are_missed(directory: Path, logs: list[Path], gone: list[int]) -> None:
    for number in gone:
        logs[number].unlink()
    (directory / DATABASE).unlink()
    lost = 20 * len(gone)
    assert f"up to {lost} items" in refused(directory)
    assert rebuild(directory, KEY, OWNER, accept_loss=True).lost == lost
    store = open_and_verify(directory)
    assert (store.counts(None), store.findings) == (Counts(waiting=60 - lost), ())
    store.close()


def test_also_when_the_one_before_is_damaged(directory: Path, logs: list[Path]) -> None:
    logs[0].write_bytes(logs[0].read_bytes()[:4000])
    logs[1].unlink()
    (directory / DATABASE).unlink()
    left = rebuild(directory, KEY, OWNER, accept_loss=True)
    assert left.lost == 60 - left.counts.waiting > 20, "nothing is counted twice"


def test_an_older_database_does_not_go_on_without_what_a_lost_segment_had(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness_log, "SEGMENT_BYTES", 10_000)
    with closing(Store(directory, KEY, OWNER, Backoff())) as store:
        store.put([new("first")], {})
    shutil.copy(directory / DATABASE, tmp_path / "older")
    with closing(Store(directory, KEY, OWNER, Backoff())) as store:
        for number in range(60):
            store.put([new(f"i{number}", payload=bytes(400))], {})
    shutil.copy(tmp_path / "older", directory / DATABASE)
    segments(directory)[2].unlink()
    for _ in range(2):
        with pytest.raises(OutboxError) as caught:
            open_and_verify(directory)
        assert caught.value.reason is OutboxReason.MISSING
    assert refused(directory) == caught.value.detail
    assert rebuild(directory, KEY, OWNER, accept_loss=True).counts == Counts(waiting=41)
    open_and_verify(directory).close()


def test_what_was_delivered_and_dropped_is_not_missed(directory: Path, logs: list[Path]) -> None:
    """Also when the power failed after it was said, and before the file was gone."""
    with closing(Store(directory, KEY, OWNER, Backoff())) as store:
        while store.verify_next():
            pass
        for _ in range(45):
            item = store.claim(NOW)
            assert item is not None
            store.settle(item.id, Delivered("r"), NOW)
    assert not any(path.exists() for path in logs[:2])
    logs[0].touch()
    (directory / DATABASE).unlink()
    done = rebuild(directory, KEY, OWNER)
    assert (done.counts.waiting, done.lost) == (15, 0)
