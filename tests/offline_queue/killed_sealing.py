"""Killed at each step of the disk while the key moves or changes. Prints how many deaths it lived through.

`python -m tests.offline_queue.killed_sealing DEVICE seal|unseal|rotate`, with the disk shim.
"""

import logging
import shutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from offline_queue.keys import load_key, replace_key, sealed_file
from offline_queue.rotation import finish, rotate
from offline_queue.sealing import seal_key, unseal_key
from offline_queue.tpm import Chip
from tests.offline_queue.helpers import KEY, OWNER
from tests.offline_queue.test_recovery import filled, same_as_before
from tests.torture.outbox.child import Say, in_child, said, scratch
from tests.torture.outbox.disk import KILL, steps, watch

Act = Callable[[Path], object]
_LAST = 20
"""Where the two outboxes change places: each step. Of what is written before only some."""


def main(device: str, word: str) -> None:
    chip = Chip(device)
    acts: dict[str, Act] = {
        "seal": lambda folder: seal_key(_key(folder), chip),
        "unseal": lambda folder: unseal_key(_key(folder), chip),
        "rotate": lambda folder: rotate(folder / "outbox", _key(folder), OWNER, chip),
    }
    deaths = 0
    with scratch() as place:
        first = place / "first"
        _prepare(first, chip, sealed=word != "seal")
        limit = _steps_of(shutil.copytree(first, place / "counted"), acts[word])
        for at in range(1, limit + 1):
            if at <= limit - _LAST and at % max(1, limit // 6):
                continue
            folder = shutil.copytree(first, place / f"killed-{at}")
            fallen = in_child(partial(_watched, folder, acts[word], at))
            assert not fallen, (at, fallen)
            _judge(folder, chip, None if word == "rotate" else acts[word], f"killed at step {at} of {limit}")
            deaths += 1
    print(deaths)


def _key(folder: Path) -> Path:
    return folder / "outbox.key"


def _prepare(folder: Path, chip: Chip, sealed: bool) -> None:
    folder.mkdir()
    replace_key(_key(folder), KEY)
    filled(folder / "outbox").close()
    if sealed:
        seal_key(_key(folder), chip)


def _judge(folder: Path, chip: Chip, again: Act | None, how: str) -> None:
    """As the next start does; the same call `again` ends what was begun."""
    finish(folder / "outbox", _key(folder))
    key = load_key(_key(folder), chip)
    same_as_before(folder / "outbox", key)
    places = {path for path in (_key(folder), sealed_file(_key(folder))) if path.exists()}
    if again is None:
        assert places == {sealed_file(_key(folder))}, how
    else:
        assert key == KEY, how
        again(folder)
        assert load_key(_key(folder), chip) == KEY, how
    left = {path.name for path in folder.iterdir()} - {"outbox", "outbox.key", "outbox.key.tpm"}
    assert not left, (how, left)
    assert len({path for path in (_key(folder), sealed_file(_key(folder))) if path.exists()}) == 1, how


def _watched(folder: Path, act: Act, at: int) -> None:
    watch(folder, None, at, KILL)
    act(folder)


def _steps_of(folder: Path, act: Act) -> int:
    def count(say: Say) -> None:
        _watched(folder, act, 0)
        say(str(steps()))

    return int(said(count)[-1])


if __name__ == "__main__":
    logging.disable(logging.ERROR)
    main(sys.argv[1], sys.argv[2])
