"""The outbox's key in the chip: made there, moved there and back, and never in a plain file meanwhile."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from offline_queue import files
from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.keys import load_key, load_or_create_key, replace_key, sealed_file, staged_key
from offline_queue.lock import alone
from offline_queue.rotation import ready_key, rotate
from offline_queue.sealing import seal_key, unseal_key
from offline_queue.tpm import NO_CHIP, Chip
from tests.fakes.tpm import SoftwareTpm, software_tpm
from tests.offline_queue.helpers import KEY, OWNER
from tests.offline_queue.test_recovery import filled, same_as_before
from tests.offline_queue.test_tpm import instead_of_systemd_creds
from tests.torture.outbox import disk

NOBODY = Chip("swtpm:host=127.0.0.1,port=9")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of the key file, in the data folder of a kiosk."""
    return tmp_path / "data" / "outbox.key"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """What is written into any new file."""
    contents: list[bytes] = []
    write = files.write_temporary

    def remembered(path: Path, content: bytes) -> Path:
        contents.append(content)
        return write(path, content)

    monkeypatch.setattr(files, "write_temporary", remembered)
    yield contents
    assert contents


def in_file(path: Path, key: bytes = KEY) -> None:
    files.make_directory(path.parent)
    replace_key(path, key)


def names(directory: Path) -> list[str]:
    return sorted(entry.name for entry in directory.iterdir())


def contents(directory: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in directory.iterdir()}


# --- a new kiosk


def test_a_new_kiosk_seals_its_key_and_writes_it_nowhere(
    tpm: SoftwareTpm, path: Path, written: list[bytes]
) -> None:
    key = load_or_create_key(path, path.parent / "outbox", tpm.chip)
    assert len(key) == 32 and len(set(key)) > 8
    assert names(path.parent) == ["outbox.key.tpm"]
    assert sealed_file(path).stat().st_mode & 0o777 == 0o600
    assert not [content for content in written if key in content]
    assert load_or_create_key(path, None, tpm.chip) == key == load_key(path, tpm.chip)


def test_a_chip_that_cannot_be_used_gives_a_file(path: Path) -> None:
    key = load_or_create_key(path, None, NOBODY)
    assert names(path.parent) == ["outbox.key"]
    assert load_key(path, NOBODY) == key


def test_who_comes_second_takes_the_key_of_the_first(tpm: SoftwareTpm, path: Path) -> None:
    """Not a second one in the other place, when the chip works for one of them alone."""
    program = (
        "import sys; from pathlib import Path; from offline_queue.tpm import Chip;"
        "from offline_queue.keys import load_or_create_key;"
        "print(load_or_create_key(Path(sys.argv[1]), None, Chip(sys.argv[2])).hex())"
    )
    command = [sys.executable, "-c", program, str(path)]
    both = [
        subprocess.Popen([*command, device], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for device in (tpm.device, NOBODY.device)
    ]
    for process in both:
        process.communicate()
    assert len(names(path.parent)) == 1


@pytest.mark.parametrize("harm", ["another chip", "switched off", "no chip wanted", "damaged", "empty"])
def test_a_chip_that_does_not_open_the_key_is_said_and_no_new_key_is_made(
    tmp_path: Path, path: Path, harm: str
) -> None:
    with software_tpm(tmp_path / "tpm") as own, software_tpm(tmp_path / "other") as other:
        load_or_create_key(path, None, own.chip)
        chip = {"another chip": other.chip, "no chip wanted": NO_CHIP}.get(harm, own.chip)
        if harm == "switched off":
            own.switch_off()
        elif harm == "damaged":
            sealed_file(path).write_bytes(sealed_file(path).read_bytes()[:-40])
        elif harm == "empty":
            sealed_file(path).write_bytes(b"")
        before = contents(path.parent)
        calls = (partial(load_or_create_key, path, None), partial(ready_key, path.parent / "outbox", path))
        for call in calls:
            with pytest.raises(OutboxError) as caught:
                call(chip)
            assert caught.value.reason is OutboxReason.KEY_NOT_UNSEALED
    assert contents(path.parent) == before


def test_a_chip_that_comes_up_late_is_waited_for(tmp_path: Path, path: Path) -> None:
    with software_tpm(tmp_path / "tpm") as early:
        key = load_or_create_key(path, None, early.chip)
    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(ready_key, path.parent / "outbox", path, early.chip, 20.0)
        time.sleep(0.6)
        assert not opening.done()
        with software_tpm(tmp_path / "tpm", early.port):
            assert opening.result(20) == key


def test_what_is_sealed_is_for_its_owner_alone(tpm: SoftwareTpm, path: Path) -> None:
    load_or_create_key(path, None, tpm.chip)
    sealed_file(path).chmod(0o644)
    with pytest.raises(OutboxError) as caught:
        load_key(path, tpm.chip)
    assert caught.value.reason is OutboxReason.KEY_UNREADABLE


# --- from the file into the chip, and back


def test_the_key_moves_into_the_chip_and_its_file_is_overwritten(
    tpm: SoftwareTpm, path: Path, tmp_path: Path
) -> None:
    in_file(path)
    os.link(path, tmp_path / "the same blocks")
    assert seal_key(path, tpm.chip)
    assert names(path.parent) == ["outbox.key.tpm"]
    assert load_key(path, tpm.chip) == KEY
    assert (tmp_path / "the same blocks").read_bytes() == bytes(32)
    assert not seal_key(path, tpm.chip)


def test_and_back_before_the_chip_is_replaced(tpm: SoftwareTpm, path: Path) -> None:
    in_file(path)
    assert not unseal_key(path, tpm.chip)
    seal_key(path, tpm.chip)
    assert unseal_key(path, tpm.chip)
    assert contents(path.parent) == {"outbox.key": KEY}
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_key(path) == KEY


def test_without_a_chip_the_file_stays_as_it_is(path: Path) -> None:
    in_file(path)
    for chip in (NOBODY, NO_CHIP):
        with pytest.raises(OutboxError) as caught:
            seal_key(path, chip)
        assert caught.value.reason is OutboxReason.NO_CHIP
    assert contents(path.parent) == {"outbox.key": KEY}


def test_two_different_keys_are_nobodys_to_destroy(tpm: SoftwareTpm, path: Path) -> None:
    in_file(path)
    seal_key(path, tpm.chip)
    in_file(path, bytes(range(1, 33)))
    before = contents(path.parent)
    for move in (seal_key, unseal_key):
        with pytest.raises(OutboxError) as caught:
            move(path, tpm.chip)
        assert caught.value.reason is OutboxReason.CONFLICT
    assert contents(path.parent) == before
    assert load_key(path, tpm.chip) == KEY


def test_not_while_the_key_is_changed(tpm: SoftwareTpm, path: Path) -> None:
    in_file(path)
    with alone(path.parent):
        for move in (seal_key, unseal_key):
            with pytest.raises(OutboxError) as caught:
                move(path, tpm.chip)
            assert caught.value.reason is OutboxReason.BUSY
        with pytest.raises(OutboxError) as caught:
            rotate(path.parent / "outbox", path, OWNER, tpm.chip)
        assert caught.value.reason is OutboxReason.BUSY
    for place in (path, sealed_file(path)):
        replace_key(staged_key(place), KEY)
        with pytest.raises(OutboxError):
            seal_key(path, tpm.chip)
        staged_key(place).unlink()
    assert contents(path.parent) == {"outbox.key": KEY}


def test_it_moves_beside_a_running_kiosk(tpm: SoftwareTpm, path: Path) -> None:
    in_file(path)
    directory = path.parent / "outbox"
    running = filled(directory)
    seal_key(path, tpm.chip)
    unseal_key(path, tpm.chip)
    seal_key(path, tpm.chip)
    running.close()
    same_as_before(directory, ready_key(directory, path, tpm.chip))


# --- a new key


def test_a_sealed_key_is_replaced_by_a_sealed_one(tpm: SoftwareTpm, path: Path, written: list[bytes]) -> None:
    directory = path.parent / "outbox"
    old = ready_key(directory, path, tpm.chip)
    filled(directory, old).close()
    rotate(directory, path, OWNER, tpm.chip)
    key = ready_key(directory, path, tpm.chip)
    assert key != old
    assert names(path.parent) == ["outbox", "outbox.key.tpm"]
    same_as_before(directory, key)
    assert not [content for content in written if key in content or old in content]


def test_a_file_is_replaced_by_a_file(tpm: SoftwareTpm, path: Path) -> None:
    directory = path.parent / "outbox"
    in_file(path)
    filled(directory).close()
    rotate(directory, path, OWNER, tpm.chip)
    assert names(path.parent) == ["outbox", "outbox.key"]
    same_as_before(directory, load_key(path))


def test_a_new_key_leaves_no_file_with_the_old_one(tpm: SoftwareTpm, path: Path) -> None:
    """An earlier sealing was killed before the file went."""
    directory = path.parent / "outbox"
    in_file(path)
    filled(directory).close()
    seal_key(path, tpm.chip)
    in_file(path)
    rotate(directory, path, OWNER, tpm.chip)
    assert names(path.parent) == ["outbox", "outbox.key.tpm"]


def test_a_chip_that_refuses_changes_nothing(
    tpm: SoftwareTpm, tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not open the old key, or seals no new one."""
    directory = path.parent / "outbox"
    filled(directory, ready_key(directory, path, tpm.chip)).close()
    before = sealed_file(path).read_bytes()
    with pytest.raises(OutboxError) as caught:
        rotate(directory, path, OWNER, NOBODY)
    assert caught.value.reason is OutboxReason.KEY_NOT_UNSEALED
    only_opens = f'[ $1 = encrypt ] && exit 1; exec {shutil.which("systemd-creds")} "$@"'
    instead_of_systemd_creds(tmp_path, only_opens, monkeypatch)
    with pytest.raises(OutboxError) as caught:
        rotate(directory, path, OWNER, tpm.chip)
    assert caught.value.reason is OutboxReason.NO_CHIP
    assert names(path.parent) == ["outbox", "outbox.key.tpm"]
    assert sealed_file(path).read_bytes() == before
    same_as_before(directory, load_key(path, tpm.chip))


@pytest.mark.parametrize("act", ["seal", "unseal", "rotate"])
def test_killed_at_any_step_of_the_disk_nothing_is_lost(tpm: SoftwareTpm, act: str) -> None:
    command = [sys.executable, "-m", "tests.offline_queue.killed_sealing", tpm.device, act]
    done = subprocess.run(
        command, env=disk.environment(), capture_output=True, text=True, check=False, timeout=110
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 7, "deaths"
