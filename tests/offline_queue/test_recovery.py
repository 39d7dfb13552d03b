"""The organisation's key opens a dead kiosk's copy; a new key replaces the old one, killed or not."""

import json
import os
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from offline_queue import rotation
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.export import INDEX, export
from offline_queue.item import Counts
from offline_queue.keys import load_or_create_key
from offline_queue.outcome import Backoff, Delivered
from offline_queue.rotation import finish, rotate
from offline_queue.sentinel import DATABASE
from offline_queue.slots import SLOTS, add_slot, load_private, open_slot, read_slots, remove_slot
from offline_queue.snapshot import glance, verify
from offline_queue.store import Store
from tests.offline_queue.helpers import KEY, NOW, OWNER, new, pems


def filled(directory: Path, key: bytes = KEY) -> Store:
    """Three items of two streams, one of them delivered."""
    store = Store(directory, key, OWNER, Backoff())
    store.put(
        [new("a", payload=b"one"), new("b", payload=b"two"), new("c", "s/2", b"\0three")], {"last": b"x"}
    )
    store.claim(NOW)
    store.settle("a", Delivered("Observation/1"), NOW)
    return store


@pytest.mark.parametrize("kind", ["x25519", "rsa"])
def test_the_organisation_opens_a_dead_kiosks_copy(directory: Path, tmp_path: Path, kind: str) -> None:
    org = X25519PrivateKey.generate() if kind == "x25519" else generate_private_key(65537, 3072)
    private, public = pems(org, b"secret")
    store = filled(directory)
    add_slot(directory, KEY, "agency", public)
    copy = shutil.copytree(directory, tmp_path / "copy")
    store.close()
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    key = open_slot(copy, load_private(private, b"secret"))
    done = export(copy, key, tmp_path / "out")
    assert (done.counts, done.lost) == (Counts(waiting=2, delivered=1), 0)
    index = json.loads((tmp_path / "out" / INDEX).read_text())
    by_id = {entry["id"]: entry for entry in index}
    assert (tmp_path / "out" / by_id["b"]["file"]).read_bytes() == b"two"
    assert (tmp_path / "out" / by_id["c"]["file"]).read_bytes() == b"\0three"
    assert by_id["a"]["receipt"] == "Observation/1" and "file" not in by_id["a"]
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0


def test_also_when_the_copy_is_damaged(directory: Path, tmp_path: Path) -> None:
    filled(directory).close()
    (directory / DATABASE).write_bytes(os.urandom(40_000))
    assert export(directory, KEY, tmp_path / "out").counts.waiting == 2
    with pytest.raises(OutboxError) as caught:
        export(directory, KEY, tmp_path / "out")
    assert caught.value.reason is OutboxReason.CONFLICT
    with pytest.raises(OutboxError) as caught:
        export(directory, bytes(32), tmp_path / "other")
    assert caught.value.reason is OutboxReason.WRONG_KEY_OR_DAMAGED


def test_who_has_no_slot_opens_nothing(directory: Path) -> None:
    filled(directory).close()
    private, public = pems(X25519PrivateKey.generate(), b"secret")
    add_slot(directory, KEY, "agency", public)
    stranger, _ = pems(X25519PrivateKey.generate())
    for pem, password, reason in (
        (stranger, None, OutboxReason.KEY_MISSING),
        (private, b"wrong", OutboxReason.KEY_UNREADABLE),
        (public, None, OutboxReason.KEY_UNREADABLE),
        (pems(ec.generate_private_key(ec.SECP256R1()))[0], None, OutboxReason.KEY_UNREADABLE),
    ):
        with pytest.raises(OutboxError) as caught:
            open_slot(directory, load_private(pem, password))
        assert caught.value.reason is reason
    assert KEY.hex() not in (directory / SLOTS).read_text()


def test_slots_are_kept_apart_and_the_last_one_stays(directory: Path) -> None:
    filled(directory).close()
    _, agency = pems(X25519PrivateKey.generate())
    _, hospital = pems(X25519PrivateKey.generate())
    add_slot(directory, KEY, "agency", agency)
    for name, public in (("agency", hospital), ("other name", agency)):
        with pytest.raises(OutboxError) as caught:
            add_slot(directory, KEY, name, public)
        assert caught.value.reason is OutboxReason.CONFLICT
    with pytest.raises(OutboxError):
        add_slot(directory, KEY, "weak", pems(generate_private_key(65537, 2048))[1])
    with pytest.raises(OutboxError):
        remove_slot(directory, "agency")
    add_slot(directory, KEY, "hospital", hospital)
    remove_slot(directory, "agency")
    with pytest.raises(LookupError):
        remove_slot(directory, "agency")
    assert [slot.name for slot in read_slots(directory)] == ["hospital"]
    (directory / SLOTS).write_text("{")
    with pytest.raises(OutboxError) as caught:
        read_slots(directory)
    assert caught.value.reason is OutboxReason.KEY_UNREADABLE


# --- a new key


class Killed(BaseException):
    """Nothing that the program catches."""


def same_as_before(directory: Path, key: bytes) -> None:
    store = Store(directory, key, OWNER, Backoff())
    while store.verify_next():
        pass
    assert not store.findings
    assert store.counts(None) == Counts(waiting=2, delivered=1)
    assert [item.payload for item in (*store.items("s1"), *store.items("s/2"))] == [b"", b"two", b"\0three"]
    assert store.get_state("last") == b"x"
    store.put([new("d")], {})
    assert [item.sequence for item in store.items("s1")] == [1, 2, 4]
    store.close()


def test_a_new_key_opens_everything_and_the_old_one_nothing(tmp_path: Path) -> None:
    directory, key_file = tmp_path / "outbox", tmp_path / "outbox.key"
    old = load_or_create_key(key_file)
    filled(directory, old).close()
    private, public = pems(X25519PrivateKey.generate())
    add_slot(directory, old, "agency", public)
    rotate(directory, key_file, OWNER)
    key = load_or_create_key(key_file, directory)
    assert key != old
    assert open_slot(directory, load_private(private, None)) == key
    with pytest.raises(OutboxError):
        verify(directory, old, OWNER)
    same_as_before(directory, key)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outbox", "outbox.key"]


@pytest.mark.parametrize("dies_at", range(12))
def test_killed_while_the_key_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies_at: int) -> None:
    directory, key_file = tmp_path / "outbox", tmp_path / "outbox.key"
    filled(directory, load_or_create_key(key_file)).close()
    count = 0

    def dying(step: object) -> object:
        def run(*given: object, **named: object) -> object:
            nonlocal count
            count += 1
            if count > dies_at:
                raise Killed
            return step(*given, **named)  # type: ignore[operator]

        return run

    for name in ("write_anew", "write_slots", "replace_key"):
        monkeypatch.setattr(rotation, name, dying(getattr(rotation, name)))
    for name in ("rename", "replace"):
        monkeypatch.setattr(Path, name, dying(getattr(Path, name)))
    monkeypatch.setattr(shutil, "rmtree", dying(shutil.rmtree))
    with pytest.raises(Killed):
        rotate(directory, key_file, OWNER)
    monkeypatch.undo()
    finish(directory, key_file)
    same_as_before(directory, load_or_create_key(key_file, directory))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outbox", "outbox.key"]


def test_not_while_a_kiosk_runs(tmp_path: Path) -> None:
    directory, key_file = tmp_path / "outbox", tmp_path / "outbox.key"
    store = filled(directory, load_or_create_key(key_file))
    with pytest.raises(OutboxError) as caught:
        rotate(directory, key_file, OWNER)
    assert caught.value.reason is OutboxReason.BUSY
    seen = glance(directory, load_or_create_key(key_file), OWNER)  # looking is always possible
    assert seen.look.counts == Counts(waiting=2, delivered=1)
    assert [(waiting.stream, waiting.kind, waiting.count) for waiting in seen.streams] == [
        ("s1", "reading", 1),
        ("s/2", "reading", 1),
    ]
    assert seen.look.oldest is not None
    store.close()
