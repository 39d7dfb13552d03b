"""The database and the witness log: what one of them lost comes back from the other."""

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.item import Counts, ItemState
from offline_queue.outcome import Backoff, Delivered
from offline_queue.rebuild import rebuild
from offline_queue.reconcile import Found
from offline_queue.sentinel import DATABASE
from offline_queue.store import Store
from tests.offline_queue.helpers import KEY, NOW, OWNER, new

WAL = f"{DATABASE}-wal"


@dataclass
class Held:
    """What the outbox of a test has acknowledged."""

    payloads: dict[str, bytes]
    state: bytes


def fill(directory: Path, items: int = 40, delivered: int = 10, size: int = 700) -> Held:
    """As a killed kiosk leaves it: nothing is closed, copies of the files are what a new start finds."""
    rng = random.Random(items)
    payloads = {f"i{n}": rng.randbytes(size) for n in range(items)}
    work = directory.with_name("work")
    store = Store(work, KEY, OWNER, Backoff())
    for number, (name, payload) in enumerate(payloads.items()):
        store.put([new(name, f"s{number % 3}", payload)], {"last": name.encode()})
    for _ in range(delivered):
        item = store.claim(NOW)
        assert item is not None
        store.settle(item.id, Delivered("r"), NOW)
    shutil.copytree(work, directory)
    store.close()
    return Held(payloads, f"i{items - 1}".encode())


def open_and_verify(directory: Path) -> Store:
    store = Store(directory, KEY, OWNER, Backoff())
    while store.verify_next():
        pass
    return store


def intact(store: Store, held: Held, delivered: int = 10) -> None:
    """Every item is there, those that wait with their content, in the order of their streams."""
    items = {item.id: item for n in range(3) for item in store.items(f"s{n}")}
    assert set(items) == set(held.payloads)
    for name, item in items.items():
        if item.state is not ItemState.DELIVERED:
            assert item.payload == held.payloads[name]
    assert store.counts(None) == Counts(waiting=len(items) - delivered, delivered=delivered)
    assert store.get_state("last") == held.state


def damage(path: Path, at: float) -> None:
    """Flips one bit, somewhere between the beginning (0) and the end (1)."""
    content = bytearray(path.read_bytes())
    content[int(at * (len(content) - 1))] ^= 4
    path.write_bytes(content)


def found(store: Store) -> set[Found]:
    return {finding.found for finding in store.findings}


def segments(directory: Path) -> list[Path]:
    return sorted(directory.glob("outbox.log.*"))


@pytest.mark.parametrize("at", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_bit_flipped_in_the_write_ahead_log_loses_nothing(directory: Path, at: float) -> None:
    """SQLite itself drops all that stands behind it, without a word."""
    held = fill(directory, items=20, delivered=0)
    damage(directory / WAL, at)
    store = open_and_verify(directory)
    intact(store, held, delivered=0)
    assert found(store) == {Found.DATABASE_BEHIND}
    store.close()


def test_the_write_ahead_log_is_gone(directory: Path) -> None:
    held = fill(directory, delivered=10)
    (directory / WAL).unlink()
    store = open_and_verify(directory)
    intact(store, held)
    store.close()


@pytest.mark.parametrize("at", [0.0, 0.0005, 0.001, 0.01, 0.5, 0.9, 1.0])
def test_a_bit_flipped_in_the_log_is_found_and_made_good(directory: Path, at: float) -> None:
    held = fill(directory, delivered=0)
    damage(segments(directory)[-1], at)
    store = open_and_verify(directory)
    intact(store, held, delivered=0)
    assert found(store) == {Found.LOG_DAMAGED}
    store.close()
    (directory / DATABASE).unlink()
    (directory / WAL).unlink(missing_ok=True)
    rebuild(directory, KEY, OWNER)
    again = open_and_verify(directory)
    intact(again, held, delivered=0)
    assert not again.findings
    again.close()


@pytest.mark.parametrize("left", [0, 10, 24, 200, 5000])
def test_the_log_was_cut_off(directory: Path, left: int) -> None:
    held = fill(directory)
    os.truncate(segments(directory)[-1], left)
    store = open_and_verify(directory)
    intact(store, held)
    assert found(store) == {Found.LOG_DAMAGED}
    store.close()
    assert not findings_of(directory)


def test_a_record_cut_off_by_a_power_failure_is_no_damage(directory: Path) -> None:
    held = fill(directory)
    with segments(directory)[-1].open("ab") as file:
        file.write(b"\0\0\1\0half a record")
    store = open_and_verify(directory)
    intact(store, held)
    assert not store.findings
    store.close()


def test_the_log_is_gone(directory: Path) -> None:
    held = fill(directory)
    for path in segments(directory):
        path.unlink()
    store = open_and_verify(directory)
    intact(store, held)
    assert found(store) == {Found.LOG_GONE}
    store.close()
    (directory / DATABASE).write_bytes(b"")
    rebuild(directory, KEY, OWNER)
    again = open_and_verify(directory)
    waiting = {item.id: item.payload for n in range(3) for item in again.items(f"s{n}")}
    assert len(waiting) == 30
    assert all(held.payloads[name] == payload for name, payload in waiting.items())
    again.close()


def findings_of(directory: Path) -> set[Found]:
    store = open_and_verify(directory)
    store.close()
    return found(store)


def test_an_older_copy_of_the_database(directory: Path, tmp_path: Path) -> None:
    store = Store(directory, KEY, OWNER, Backoff())
    store.put([new("a"), new("b", "s2")], {"last": b"1"})
    store.close()
    shutil.copy(directory / DATABASE, tmp_path / "older")
    store = Store(directory, KEY, OWNER, Backoff())
    store.put([new("c"), new("d", "s2")], {"last": b"2", "gone": b"x"})
    store.put([], {"gone": None})
    for name in ("a", "c"):
        store.claim(NOW)
        store.settle(name, Delivered("r"), NOW)
    store.close()
    shutil.copy(tmp_path / "older", directory / DATABASE)
    store = open_and_verify(directory)
    assert found(store) == {Found.DATABASE_BEHIND}
    assert store.counts(None) == Counts(waiting=2, delivered=2)
    assert (store.get_state("last"), store.get_state("gone")) == (b"2", None)
    store.put([new("e")], {})
    assert [item.sequence for item in store.items("s1")] == [1, 3, 5]
    store.close()


Harm = Callable[[Path], object]
HARMS: dict[str, Harm] = {
    "its first page is damaged": lambda path: damage(path, 0.0),
    "a page in the middle is damaged": lambda path: damage(path, 0.5),
    "its last page is damaged": lambda path: damage(path, 1.0),
    "it is empty": lambda path: path.write_bytes(b""),
    "it is half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "it is gone": lambda path: path.unlink(),
    "it is something else": lambda path: path.write_bytes(os.urandom(20_000)),
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_damaged_database_is_found_and_made_anew(directory: Path, harm: str) -> None:
    held = fill(directory, items=60, delivered=0, size=3000)
    store = open_and_verify(directory)
    store.close()  # everything is in the database now
    HARMS[harm](directory / DATABASE)
    try:
        store = open_and_verify(directory)
    except OutboxError as error:
        assert error.reason in (OutboxReason.WRONG_KEY_OR_DAMAGED, OutboxReason.MISSING)
    else:
        assert Found.DATABASE_DAMAGED in found(store)
        store.close()
    rebuilt = rebuild(directory, KEY, OWNER)
    assert (rebuilt.counts, rebuilt.lost) == (Counts(waiting=60), 0)
    store = open_and_verify(directory)
    assert not store.findings
    intact(store, held, delivered=0)
    store.close()


def test_a_wrong_key_makes_nothing_anew(directory: Path) -> None:
    held = fill(directory)
    with pytest.raises(OutboxError) as caught:
        rebuild(directory, bytes(32), OWNER)
    assert caught.value.reason is OutboxReason.WRONG_KEY_OR_DAMAGED
    store = open_and_verify(directory)
    intact(store, held)
    store.close()


def test_what_is_lost_on_both_sides_is_said(directory: Path) -> None:
    fill(directory)
    store = open_and_verify(directory)
    store.close()
    (directory / DATABASE).unlink()
    for path in segments(directory):
        path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(OutboxError) as caught:
        rebuild(directory, KEY, OWNER)
    assert caught.value.reason is OutboxReason.MISSING
    assert not (directory / DATABASE).exists()
    assert rebuild(directory, KEY, OWNER, accept_loss=True).lost == 40
    store = open_and_verify(directory)
    store.put([new("next")], {})
    assert [item.sequence for item in store.items("s1")] == [41]
    store.close()


def test_a_page_of_zeros_in_the_database_alters_nothing(directory: Path, tmp_path: Path) -> None:
    """SQLCipher takes it for an empty page and says nothing: it shows in the content alone."""
    held = fill(directory, items=8, delivered=0, size=20_000)
    open_and_verify(directory).close()
    content = (directory / DATABASE).read_bytes()
    made_good = 0
    for page in range(8, len(content) // 4096, 2):
        copy = shutil.copytree(directory, tmp_path / f"page {page}")
        (copy / DATABASE).write_bytes(content[: page * 4096] + bytes(4096) + content[(page + 1) * 4096 :])
        try:
            store = open_and_verify(copy)
        except OutboxError as error:
            assert error.reason is OutboxReason.WRONG_KEY_OR_DAMAGED
            continue
        if Found.DATABASE_DAMAGED not in found(store):
            intact(store, held, delivered=0)
            made_good += found(store) == {Found.DATABASE_LACKS}
        store.close()
    assert made_good >= 3


def test_an_item_whose_number_was_taken_by_a_refused_one_comes_back_under_another(directory: Path) -> None:
    """The disk failed in a commit that was on the disk all the same: the number was given twice."""
    store = Store(directory, KEY, OWNER, Backoff())
    store.put([new("a")], {})
    store.close()
    shutil.copytree(directory, directory.with_name("with a"))
    shutil.rmtree(directory)
    store = Store(directory, KEY, OWNER, Backoff())
    store.put([new("b")], {"last": b"b"})
    store.put([new("c")], {"last": b"c"})
    store.close()
    for name in (DATABASE, WAL):
        (directory / name).unlink(missing_ok=True)
    shutil.copy(directory.with_name("with a") / DATABASE, directory / DATABASE)
    store = open_and_verify(directory)
    assert sorted(item.id for item in store.items("s1")) == ["a", "b", "c"]
    assert store.get_state("last") == b"c"
    store.put([new("d")], {})
    assert len({item.sequence for item in store.items("s1")}) == 4
    store.close()
