"""The slots' file is damaged or lost: it comes back, and that is said."""

import base64
import json
import shutil
from collections.abc import Callable
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.keys import load_key, replace_key
from offline_queue.rebuild import rebuild
from offline_queue.reconcile import Found
from offline_queue.rotation import rotate
from offline_queue.sentinel import DATABASE, WITNESS
from offline_queue.slots import SLOTS, add_slot, open_slot, read_slots, remove_slot
from offline_queue.slots_back import bring_slots_back
from offline_queue.snapshot import verify
from offline_queue.store import Store
from tests.offline_queue.helpers import KEY, OWNER, TO_THE_SECOND, new, pems

AGENCY, HOSPITAL = X25519PrivateKey.generate(), generate_private_key(65537, 3072)


def opened(directory: Path, key: bytes = KEY) -> Store:
    return Store(directory, key, OWNER, TO_THE_SECOND)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    directory = tmp_path / "outbox"
    with closing(opened(directory)) as store:
        store.put([new("a")], {})
        add_slot(directory, KEY, "agency", pems(AGENCY)[1])
        add_slot(directory, KEY, "hospital", pems(HOSPITAL)[1])
        store.guard_slots()
    return directory


def found(store: Store) -> list[Found]:
    return [finding.found for finding in store.findings]


def is_whole(directory: Path) -> bool:
    return open_slot(directory, AGENCY) == open_slot(directory, HOSPITAL) == KEY


def without_a_check(file: Path) -> None:
    """As files were before there was one."""
    content = json.loads(file.read_bytes())
    del content["check"]
    file.write_text(json.dumps(content))


def junk(file: Path) -> None:
    content = json.loads(file.read_bytes())
    content["slots"][0]["sealed"] = base64.b64encode(bytes(80)).decode()
    file.write_text(json.dumps(content))


def junk_without_a_check(file: Path) -> None:
    junk(file)
    without_a_check(file)


HARMS: list[Callable[[Path], object]] = [
    Path.unlink,
    junk,
    junk_without_a_check,
    lambda file: file.write_bytes(b""),
    lambda file: file.write_bytes(file.read_bytes()[:300]),
    lambda file: file.write_bytes(bytes(file.stat().st_size)),
]


@pytest.mark.parametrize("harm", HARMS)
def test_it_is_put_back_at_the_start(directory: Path, harm: Callable[[Path], object]) -> None:
    harm(directory / SLOTS)
    assert [finding.found for finding in verify(directory, KEY, OWNER)] == [Found.SLOTS_DAMAGED]
    with closing(opened(directory)) as store:
        assert found(store) == [Found.SLOTS_DAMAGED]
    assert is_whole(directory)
    with closing(opened(directory)) as store:
        assert found(store) == []


def test_one_bit_anywhere_costs_no_slot(directory: Path) -> None:
    file = directory / SLOTS
    with closing(opened(directory)) as store:
        for at in range(0, file.stat().st_size, 13):
            content = bytearray(file.read_bytes())
            content[at] ^= 1 << at % 8
            file.write_bytes(content)
            store.guard_slots()
            assert is_whole(directory), f"byte {at}"


def test_it_follows_the_commands_beside_a_running_kiosk(directory: Path) -> None:
    with closing(opened(directory)) as store:
        remove_slot(directory, "agency")
        store.guard_slots()
        (directory / SLOTS).unlink()
        store.guard_slots()
        assert [slot.name for slot in read_slots(directory)] == ["hospital"]
        assert found(store) == [Found.SLOTS_DAMAGED]


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("runs", [True, False])
def test_another_key_beside_a_lost_file_takes_no_others_place(
    directory: Path, harm: Callable[[Path], object], runs: bool
) -> None:
    with closing(opened(directory)) if runs else nullcontext():
        harm(directory / SLOTS)
        assert bring_slots_back(directory, lambda: KEY, OWNER)
        add_slot(directory, KEY, "third", pems(X25519PrivateKey.generate())[1])
    assert is_whole(directory)
    assert [slot.name for slot in read_slots(directory)] == ["agency", "hospital", "third"]


def test_the_newer_side_of_the_outbox_says_which_slots_there_were(directory: Path, tmp_path: Path) -> None:
    """The database has lost its end; the log still knows that one was removed."""
    earlier = tmp_path / "earlier"
    shutil.copytree(directory, earlier)
    with closing(opened(directory)) as store:
        remove_slot(directory, "agency")
        store.guard_slots()
    shutil.copy(earlier / DATABASE, directory / DATABASE)
    (directory / SLOTS).unlink()
    assert bring_slots_back(directory, lambda: KEY, OWNER)
    assert [slot.name for slot in read_slots(directory)] == ["hospital"]


@pytest.mark.parametrize("by_a_start", [True, False])
def test_a_new_key_leaves_a_copy_at_once(directory: Path, tmp_path: Path, by_a_start: bool) -> None:
    """What comes back then is sealed for the new key."""
    replace_key(tmp_path / "outbox.key", KEY)
    rotate(directory, tmp_path / "outbox.key", OWNER)
    key = load_key(tmp_path / "outbox.key")
    (directory / SLOTS).unlink()
    if by_a_start:
        opened(directory, key).close()
    else:
        assert bring_slots_back(directory, lambda: key, OWNER)
    assert open_slot(directory, AGENCY) == open_slot(directory, HOSPITAL) == key != KEY


@pytest.mark.parametrize("lost", [DATABASE, WITNESS])
def test_either_side_of_the_outbox_has_it(directory: Path, lost: str) -> None:
    for path in [directory / SLOTS, *directory.glob(f"{lost}*")]:
        path.unlink()
    if lost == DATABASE:
        rebuild(directory, KEY, OWNER)
    opened(directory).close()
    assert is_whole(directory)


def test_a_file_of_before_there_was_a_check_is_good(tmp_path: Path) -> None:
    add_slot(tmp_path, KEY, "agency", pems(AGENCY)[1])
    without_a_check(tmp_path / SLOTS)
    with closing(opened(tmp_path)) as store:
        assert found(store) == []
        assert open_slot(tmp_path, AGENCY) == KEY
        add_slot(tmp_path, KEY, "hospital", pems(HOSPITAL)[1])
        store.guard_slots()
        assert found(store) == []
    assert is_whole(tmp_path)


def test_without_a_copy_a_damaged_file_is_said(tmp_path: Path) -> None:
    add_slot(tmp_path, KEY, "agency", pems(AGENCY)[1])
    junk(tmp_path / SLOTS)
    opened(tmp_path).close()
    with pytest.raises(OutboxError) as caught:
        read_slots(tmp_path)
    assert caught.value.reason is OutboxReason.KEY_UNREADABLE


def test_what_a_command_writes_while_the_copy_is_put_stays(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(opened(directory)) as store:
        add_slot(directory, KEY, "third", pems(X25519PrivateKey.generate())[1])
        put = store.put

        def and_then_removed(*given: Any) -> None:
            put(*given)
            remove_slot(directory, "hospital")

        monkeypatch.setattr(store, "put", and_then_removed)
        store.guard_slots()
        assert [slot.name for slot in read_slots(directory)] == ["agency", "third"]
        assert Found.SLOTS_DAMAGED not in found(store)
