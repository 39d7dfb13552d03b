"""Killed while everything is written anew: by a new schema, with a new key, or out of a damaged database."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

from offline_queue import migrate
from offline_queue.ageing import BELIEVED
from offline_queue.audit.auditing import STORE_REBUILT
from offline_queue.database import connect
from offline_queue.errors import OutboxError
from offline_queue.keys import load_key, replace_key
from offline_queue.outcome import Backoff
from offline_queue.rebuild import rebuild
from offline_queue.rotation import finish, rotate
from offline_queue.sentinel import DATABASE, WITNESS
from offline_queue.store import Store
from tests.offline_queue.helpers import KEY, OWNER
from tests.torture.outbox.child import Say, in_child, said, scratch
from tests.torture.outbox.disk import KILL, steps, watch
from tests.torture.outbox.earlier import (
    KEY_FILE,
    OUTBOX,
    WITH_COPIES,
    WITH_EVENTS,
    WITH_LANES,
    WITH_LOG,
    earlier_outbox,
)
from tests.torture.outbox.judge import Told, judge, judge_log_alone
from tests.torture.outbox.proofs import Proof, lived
from tests.torture.outbox.workload import MARK

Content = dict[str, set[Any]]
_CHANGING_PLACES = 30
"""So many steps at the end of a `recover`, in which the new database takes the old one's place."""
_KEPT = {
    "SELECT id, stream, sequence, kind, state, attempts, reason, receipt, sha256 FROM item": 1,
    "SELECT sequence, content FROM payload": 1,
    f"SELECT number, hash FROM event WHERE kind <> '{STORE_REBUILT}'": WITH_EVENTS,
    "SELECT sequence, content FROM sealed_copy": WITH_COPIES,
    "SELECT id, lane FROM item": WITH_LANES,
    f"SELECT key, value FROM kiosk_state WHERE key <> '{BELIEVED}'": WITH_LANES,
}
"""What must be as it was, and since which schema there is such a thing. Only the database knows when
something was pruned last: the first pruning after a recovery forgets nothing."""


def migrations(tries: int | None, seed: int = 1) -> Proof:
    """From every earlier schema, killed at each step (or at `tries` of them)."""
    proof = Proof("killed while a new schema is brought in: nothing acknowledged is lost or altered")
    for version in range(1, len(migrate.migrations())):
        prepare = partial(earlier_outbox, version=version, seed=seed)
        with scratch() as folder:
            prepare(folder)
            then = partial(_migrated, version=version, wanted=_content(folder, version))
        _killed_often(proof, tries, prepare, _open, "migrate", f"from schema {version}", then)
    return proof


def rotations(tries: int | None, seed: int = 1) -> Proof:
    """Killed at each step of a change of the key; then `finish` is all that is done."""
    proof = Proof(
        "killed while the key changes: nothing acknowledged is lost or altered, and one key opens it"
    )
    _killed_often(proof, tries, partial(_with_key, seed=seed), _rotate, "rotate", "key", _finish)
    return proof


def recoveries(tries: int | None, seed: int = 1) -> Proof:
    """Killed at each step of `recover`, then `recover` again; each second time the kiosk starts before it."""
    proof = Proof("killed while `recover` runs: once more, it finds all that it would have found undisturbed")
    with scratch() as harmed, scratch() as whole:
        told = _harmed(harmed, seed)
        shutil.copytree(harmed, whole, dirs_exist_ok=True)
        _recover(whole)
        wanted = _content(whole)
        then = partial(_recover_again, wanted=wanted, starts=cycle((False, True)))
        prepare = partial(_again, harmed, told)
        _killed_often(proof, tries, prepare, _recover, "recover", "recover", then, _CHANGING_PLACES)
    return proof


def _with_key(folder: Path, seed: int) -> Told:
    (folder / "halfway").mkdir()
    told = Told().hear(lived(folder / OUTBOX, seed, folder / "halfway"))
    replace_key(folder / KEY_FILE, KEY)
    return told


def _rotate(folder: Path) -> None:
    rotate(folder / OUTBOX, folder / KEY_FILE, OWNER)


def _harmed(folder: Path, seed: int) -> Told:
    """The first segment of the log is gone, and a page of the database damaged: one that has nothing of what
    was in that segment, nor of what the log never had."""
    told = _with_key(folder, seed)
    _open(folder)
    with_copies = connect(folder / OUTBOX / DATABASE, KEY)
    with_copies.execute("INSERT INTO sealed_copy SELECT sequence, 1.0, sha256 FROM item WHERE state = 1")
    with_copies.close()
    wanted = _content(folder)
    min((folder / OUTBOX).glob(f"{WITNESS}*")).unlink()
    sound = (folder / OUTBOX / DATABASE).read_bytes()
    for page in range(len(sound) // 4096 - 1, 0, -1):
        at = page * 4096 + 2000
        (folder / OUTBOX / DATABASE).write_bytes(sound[:at] + bytes((sound[at] ^ 1,)) + sound[at + 1 :])
        with scratch() as copy:
            shutil.copytree(folder, copy, dirs_exist_ok=True)
            with suppress(OutboxError):
                _recover(copy)
                if _content(copy) == wanted:
                    return told
    raise AssertionError("no page of this database can be done without")


def _again(harmed: Path, told: Told, folder: Path) -> Told:
    shutil.copytree(harmed, folder, dirs_exist_ok=True)
    return told


def _recover(folder: Path) -> None:
    """OutboxError: something would be lost."""
    rebuild(folder / OUTBOX, KEY, OWNER, outside=folder / OUTBOX / MARK)


def _recover_again(folder: Path, told: Told, wanted: Content, starts: Iterator[bool]) -> list[str]:
    if next(starts):
        with suppress(OutboxError):
            _open(folder)
    try:
        _recover(folder)
    except OutboxError as error:
        return [f"the second time: {error}"]
    wrong = _changed(wanted, _content(folder))
    return wrong or judge(folder / OUTBOX, told, sound=False, whole=True)


def _migrated(folder: Path, told: Told, version: int, wanted: Content) -> list[str]:
    """And what the log of that time says by itself."""
    finish(folder / OUTBOX, folder / KEY_FILE)
    wrong = judge(folder / OUTBOX, told) or _changed(wanted, _content(folder, version))
    return wrong or (judge_log_alone(folder / OUTBOX, told) if version >= WITH_LOG else [])


def _content(folder: Path, version: int = WITH_LANES) -> Content:
    connection = connect(folder / OUTBOX / DATABASE, KEY)
    try:
        return {sql: set(connection.execute(sql)) for sql, since in _KEPT.items() if since <= version}
    finally:
        connection.close()


def _changed(before: Content, after: Content) -> list[str]:
    return [f"not as it was: {sql}" for sql, rows in before.items() if after[sql] != rows]


def _finish(folder: Path, told: Told) -> list[str]:
    finish(folder / OUTBOX, folder / KEY_FILE)
    return judge(folder / OUTBOX, told, key=load_key(folder / KEY_FILE))


def _open(folder: Path) -> None:
    store = Store(folder / OUTBOX, KEY, OWNER, Backoff(), outside=folder / OUTBOX / MARK)
    while store.verify_next():
        pass
    store.close()


def _killed_often(
    proof: Proof,
    tries: int | None,
    prepare: Callable[[Path], Told],
    act: Callable[[Path], None],
    phase: str,
    how: str,
    then: Callable[[Path, Told], list[str]],
    each_of_last: int = 0,
) -> None:
    limit = _steps_of(prepare, act)
    spread = range(1, limit + 1, 1 if tries is None else max(1, limit // tries))
    for at in sorted({*spread, *range(limit - each_of_last + 1, limit + 1)}):
        with scratch() as folder:
            told = prepare(folder)
            told.hear(in_child(partial(_watched, folder, act, at)))
            proof.killed[phase] += 1
            proof.note(told, then(folder, told), f"{how}, killed at step {at}")


def _watched(folder: Path, act: Callable[[Path], None], at: int) -> None:
    watch(folder, None, at, KILL)
    act(folder)


def _steps_of(prepare: Callable[[Path], Told], act: Callable[[Path], None]) -> int:
    with scratch() as folder:
        prepare(folder)

        def count(say: Say) -> None:
            _watched(folder, act, 0)
            say(str(steps()))

        return int(said(count)[-1])
