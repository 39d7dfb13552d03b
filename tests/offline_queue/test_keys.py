from pathlib import Path

import pytest

from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.keys import load_key, load_or_create_key
from offline_queue.outbox import Outbox
from tests.offline_queue.helpers import OWNER, new, opening_fails


def reason(path: Path) -> OutboxReason:
    with pytest.raises(OutboxError) as caught:
        load_or_create_key(path)
    return caught.value.reason


def test_the_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "outbox.key"
    key = load_or_create_key(path)
    assert len(key) == 32 and len(set(key)) > 8
    assert load_or_create_key(path) == key == load_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["outbox.key"]


def test_two_kiosks_do_not_share_a_key(tmp_path: Path) -> None:
    assert load_or_create_key(tmp_path / "a") != load_or_create_key(tmp_path / "b")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_lax_permissions_are_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    load_or_create_key(path)
    path.chmod(mode)
    assert reason(path) is OutboxReason.KEY_UNREADABLE


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_a_key_of_another_length_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    assert reason(path) is OutboxReason.KEY_UNREADABLE
    assert path.read_bytes() == content


def test_a_directory_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "key").mkdir(mode=0o700)
    assert reason(tmp_path / "key") is OutboxReason.KEY_UNREADABLE


def test_a_missing_key_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(OutboxError) as caught:
        load_key(tmp_path / "key")
    assert caught.value.reason is OutboxReason.KEY_MISSING


async def test_a_lost_key_is_not_replaced_while_an_outbox_waits_for_it(tmp_path: Path) -> None:
    path, directory = tmp_path / "key", tmp_path / "outbox"
    outbox = await Outbox.open(directory, load_or_create_key(path, directory), OWNER)
    await outbox.put([new("a")])
    await outbox.close()
    kept = path.read_bytes()
    path.unlink()
    with pytest.raises(OutboxError) as caught:
        load_or_create_key(path, directory)
    assert caught.value.reason is OutboxReason.KEY_MISSING
    assert not path.exists()
    # Somebody makes a new key all the same: the database stays as it is, and opens with the old one.
    assert await opening_fails(directory, load_or_create_key(path)) is OutboxReason.WRONG_KEY_OR_DAMAGED
    await (await Outbox.open(directory, kept, OWNER)).close()
