"""The second mark, beside the key: the whole folder of the outbox is gone, older, or another one."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from offline_queue import sentinel, snapshot
from offline_queue.audit.trail import read_trail
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.item import Counts
from offline_queue.outcome import Backoff
from offline_queue.rebuild import rebuild
from offline_queue.rotation import rotate
from offline_queue.sentinel import DATABASE, SENTINEL, holds_outbox, read_mark_file
from offline_queue.snapshot import glance, verify
from offline_queue.store import Store
from tests.offline_queue.helpers import KEY, OWNER, new


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    return tmp_path / "outbox.mark"


@pytest.fixture
def directory(tmp_path: Path, outside: Path) -> Path:
    """An outbox with two items, as it was then in `earlier`, and three more."""
    directory = tmp_path / "outbox"
    filled(directory, outside, "a", "b")
    shutil.copytree(directory, tmp_path / "earlier")
    filled(directory, outside, "c", "d", "e")
    return directory


def opened(directory: Path, outside: Path) -> Store:
    return Store(directory, KEY, OWNER, Backoff(), outside=outside)


def filled(directory: Path, outside: Path, *names: str) -> None:
    with closing(opened(directory, outside)) as store:
        for name in names:
            store.put([new(name)], {})


def refused(call: Callable[[], object]) -> OutboxReason:
    with pytest.raises(OutboxError) as caught:
        call()
    return caught.value.reason


def gone(directory: Path, _outside: Path) -> None:
    shutil.rmtree(directory)


def rolled_back(directory: Path, _outside: Path) -> None:
    shutil.rmtree(directory)
    (directory.parent / "earlier").rename(directory)


def swapped(directory: Path, _outside: Path) -> None:
    """For another one of the same kiosk, which is longer."""
    other = directory.parent / "other"
    filled(other, directory.parent / "other.mark", *"ghijklm")
    shutil.rmtree(directory)
    other.rename(directory)


HARMS = [
    (gone, OutboxReason.MISSING, 5),
    (rolled_back, OutboxReason.OLDER, 3),
    (swapped, OutboxReason.SWAPPED, 5),
]


@pytest.mark.parametrize(("harm", "reason", "lost"), HARMS)
def test_a_whole_folder_is_missed(
    directory: Path, outside: Path, harm: Callable[[Path, Path], None], reason: OutboxReason, lost: int
) -> None:
    harm(directory, outside)
    before = sorted(directory.iterdir()) if directory.exists() else []
    assert refused(lambda: opened(directory, outside)) is reason
    assert refused(lambda: verify(directory, KEY, OWNER, outside)) is reason
    assert {path.name for path in directory.iterdir()} - {path.name for path in before} <= {
        "outbox.lock",
        "outbox.ballast",
    }, "nothing is made anew by itself"
    refusal = OutboxReason.SWAPPED if reason is OutboxReason.SWAPPED else OutboxReason.MISSING
    assert refused(lambda: rebuild(directory, KEY, OWNER, outside=outside)) is refusal
    assert refused(lambda: opened(directory, outside)) is reason, "what was refused has changed nothing"
    assert rebuild(directory, KEY, OWNER, accept_loss=True, outside=outside).lost == lost
    with closing(opened(directory, outside)) as store:
        store.put([new("later")], {})
        (later,) = [item for item in store.items("s1") if item.id == "later"]
        assert later.sequence > 5, "no number is given twice"


@pytest.mark.parametrize(("harm", "reason"), [(harm, reason) for harm, reason, _ in HARMS])
def test_a_new_key_is_not_made_while_the_outbox_of_the_old_one_lies_elsewhere(
    directory: Path, outside: Path, harm: Callable[[Path, Path], None], reason: OutboxReason
) -> None:
    key_file = outside.with_name("outbox.key")
    key_file.touch(mode=0o600)
    key_file.write_bytes(KEY)
    elsewhere = directory.with_name("elsewhere")
    shutil.copytree(directory, elsewhere)
    harm(directory, outside)
    assert refused(lambda: rotate(directory, key_file, OWNER, outside=outside)) is reason
    assert key_file.read_bytes() == KEY
    shutil.rmtree(directory)
    elsewhere.rename(directory)
    opened(directory, outside).close()
    rotate(directory, key_file, OWNER, outside=outside)
    with closing(Store(directory, key_file.read_bytes(), OWNER, Backoff(), outside=outside)) as store:
        assert store.counts(None).waiting == 5


def emptied(directory: Path) -> None:
    """As a file system leaves it that had to be repaired."""
    for path in directory.iterdir():
        path.write_bytes(b"")


def test_files_that_are_all_empty_are_a_loss_and_no_wrong_key(directory: Path, outside: Path) -> None:
    emptied(directory)
    assert holds_outbox(directory)
    assert refused(lambda: opened(directory, outside)) is OutboxReason.MISSING
    assert refused(lambda: rebuild(directory, KEY, OWNER, outside=outside)) is OutboxReason.MISSING
    lost = rebuild(directory, KEY, OWNER, accept_loss=True, outside=outside).lost
    assert lost is not None and lost >= 5
    opened(directory, outside).close()


def test_a_wrong_key_is_no_loss_also_where_only_the_log_is_left(directory: Path, outside: Path) -> None:
    (directory / DATABASE).write_bytes(b"")
    with pytest.raises(OutboxError) as caught:
        rebuild(directory, bytes(32), OWNER, accept_loss=True, outside=outside)
    assert caught.value.reason is OutboxReason.WRONG_KEY_OR_DAMAGED


def test_a_missing_folder_is_missed_although_the_mark_cannot_be_read(directory: Path, outside: Path) -> None:
    shutil.rmtree(directory)
    outside.write_bytes(b"torn")
    assert refused(lambda: opened(directory, outside)) is OutboxReason.MISSING
    assert refused(lambda: verify(directory, KEY, OWNER, outside)) is OutboxReason.MISSING
    assert refused(lambda: rebuild(directory, KEY, OWNER, outside=outside)) is OutboxReason.MISSING
    assert rebuild(directory, KEY, OWNER, accept_loss=True, outside=outside).lost is None
    opened(directory, outside).close()


def test_a_backup_of_before_there_was_a_second_mark_is_older_not_another(
    tmp_path: Path, outside: Path
) -> None:
    directory = tmp_path / "outbox"
    with closing(Store(directory, KEY, OWNER, Backoff())) as store:
        store.put([new("a")], {})
    shutil.copytree(directory, tmp_path / "earlier")
    filled(directory, outside, "b")
    rolled_back(directory, outside)
    assert refused(lambda: opened(directory, outside)) is OutboxReason.OLDER
    assert rebuild(directory, KEY, OWNER, accept_loss=True, outside=outside).lost == 1
    opened(directory, outside).close()


def test_the_trail_of_a_folder_that_is_gone_is_not_an_empty_one(directory: Path, outside: Path) -> None:
    shutil.rmtree(directory)
    assert refused(lambda: read_trail(directory, KEY, OWNER, outside)) is OutboxReason.MISSING


def test_who_verifies_is_told_of_the_folder_not_of_its_copy(directory: Path, outside: Path) -> None:
    shutil.rmtree(directory)
    with pytest.raises(OutboxError) as caught:
        verify(directory, KEY, OWNER, outside)
    assert str(directory) in caught.value.detail


def test_looking_at_a_folder_that_is_gone_does_not_say_that_nothing_waits(
    directory: Path, outside: Path
) -> None:
    shutil.rmtree(directory)
    assert refused(lambda: glance(directory, KEY, OWNER, outside)) is OutboxReason.MISSING


def test_one_that_is_whole_opens_with_any_mark_that_lags_or_was_lost(directory: Path, outside: Path) -> None:
    mark = outside.read_bytes()
    for content in (mark, b"", b"[]", b"torn"):
        outside.write_bytes(content)
        opened(directory, outside).close()
        assert outside.read_bytes() == mark
    (directory / SENTINEL).unlink()
    assert verify(directory, KEY, OWNER, outside) != ()
    outside.unlink()
    opened(directory, outside).close()
    assert read_mark_file(outside) is not None


def test_a_kiosk_that_puts_while_its_files_are_copied_is_not_taken_for_an_older_one(
    directory: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"meanwhile {number}" for number in range(sentinel.MARK_EVERY)]
    copy, glob = snapshot._copy, Path.glob

    def copying(path: Path, to: Path) -> None:
        if path.name == SENTINEL and names:
            store.put([new(names.pop()) for _ in tuple(names)], {})
            store.raise_mark()
        copy(path, to)

    def in_one_of_its_orders(path: Path, pattern: str) -> list[Path]:
        """The mark behind the log: a file system may name them so."""
        return sorted(glob(path, pattern))

    with closing(opened(directory, outside)) as store:
        monkeypatch.setattr(snapshot, "_copy", copying)
        monkeypatch.setattr(Path, "glob", in_one_of_its_orders)
        assert verify(directory, KEY, OWNER, outside) == ()
    assert not names


def test_an_outbox_from_before_there_was_a_second_mark_gets_one(tmp_path: Path, outside: Path) -> None:
    directory = tmp_path / "outbox"
    with closing(Store(directory, KEY, OWNER, Backoff())) as store:
        store.put([new("a")], {})
    assert not outside.exists()
    with closing(opened(directory, outside)) as store:
        assert store.counts(None) == Counts(waiting=1)
    opened(directory, outside).close()
    mark = read_mark_file(outside)
    assert mark is not None and mark.sequence == 1 and mark.generation


def test_it_is_not_written_for_each_item_and_follows_without_a_clean_end(
    tmp_path: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(tmp_path / "outbox", outside)
    before = outside.stat().st_ino
    for number in range(sentinel.MARK_EVERY * 2):
        store.put([new(f"i{number}")], {})
        if store.mark_lags:
            store.raise_mark()
    assert outside.stat().st_ino == before, "a minute has not passed"
    monkeypatch.setattr(sentinel, "OUTSIDE_EVERY_S", 0.0)
    store.put([new("after a minute")], {})
    assert store.mark_lags
    store.raise_mark()
    mark = read_mark_file(outside)
    assert mark is not None and mark.sequence == sentinel.MARK_EVERY * 2 + 1
    store.close()


def test_the_database_alone_is_older_than_both_marks(directory: Path, outside: Path) -> None:
    shutil.copy(directory.parent / "earlier" / DATABASE, directory / DATABASE)
    assert verify(directory, KEY, OWNER, outside), "the witness log has what it lacks"
    assert holds_outbox(directory)
    with closing(opened(directory, outside)) as store:
        assert store.counts(None).waiting == 5
