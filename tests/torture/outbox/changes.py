"""Killed while everything is written anew: by a new schema, with a new key, or out of a damaged database."""

import hashlib
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any

from offline_queue import migrate
from offline_queue.audit.auditing import STORE_REBUILT
from offline_queue.database import connect
from offline_queue.errors import OutboxError
from offline_queue.keys import load_key, replace_key
from offline_queue.outcome import Backoff
from offline_queue.rebuild import rebuild
from offline_queue.rotation import finish, rotate
from offline_queue.sentinel import DATABASE, WITNESS, Mark, write_mark
from offline_queue.store import Store
from tests.offline_queue.helpers import KEY, OWNER
from tests.torture.outbox.child import Say, in_child, said, scratch
from tests.torture.outbox.disk import KILL, steps, watch
from tests.torture.outbox.judge import Told, judge
from tests.torture.outbox.proofs import Proof, lived
from tests.torture.outbox.workload import MARK

KEY_FILE = "outbox.key"
OUTBOX = "outbox"
_CHANGING_PLACES = 30
"""So many steps at the end of a `recover`, in which the new database takes the old one's place."""
_KEPT = (
    "SELECT id, stream, sequence, state, receipt, sha256, lane FROM item",
    "SELECT sequence, stream, content FROM payload",
    "SELECT key, value FROM kiosk_state",
    "SELECT sequence, content FROM sealed_copy",
    f"SELECT number, hash FROM event WHERE kind <> '{STORE_REBUILT}'",
)


def migrations(tries: int | None, seed: int = 1) -> Proof:
    """From every earlier schema, killed at each step (or at `tries` of them)."""
    proof = Proof("killed while a new schema is brought in: nothing acknowledged is lost or altered")
    for version in range(1, len(migrate.migrations())):
        prepare = partial(earlier_outbox, version=version, seed=seed)
        _killed_often(proof, tries, prepare, _open, "migrate", f"from schema {version}", _finish)
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


def earlier_outbox(folder: Path, version: int, seed: int) -> Told:
    """As a kiosk of that schema left it: forty items of three streams, each third one delivered."""
    rng, told = random.Random(seed), Told()
    directory = folder / OUTBOX
    directory.mkdir()
    replace_key(folder / KEY_FILE, KEY)
    (directory / DATABASE).touch()
    connection = connect(directory / DATABASE, KEY, new=True)
    for number, sql in migrate.migrations()[:version]:
        connection.executescript(f"BEGIN; {sql}\nPRAGMA user_version = {number}; COMMIT;")
    connection.execute("INSERT INTO identity (one, owner) VALUES (1, ?)", (OWNER,))
    _fill(connection, rng, told, version)
    connection.close()
    write_mark(directory, Mark(OWNER, 40))
    return told


def _fill(connection: Any, rng: random.Random, told: Told, version: int) -> None:
    execute = connection.execute
    for sequence in range(1, 41):
        name, stream, payload = f"i{sequence}", f"s{sequence % 3}", rng.randbytes(700)
        delivered = sequence % 3 == 0
        digest = hashlib.sha256(payload)
        execute(
            "INSERT INTO item (id, stream, sequence, kind, state, receipt, sha256) "
            "VALUES (?, ?, ?, 'reading', ?, ?, ?)",
            (name, stream, sequence, int(delivered), "receipt" if delivered else "", digest.digest()),
        )
        if not delivered:
            columns = (sequence, payload) if version == 1 else (sequence, stream, 1.0, payload)
            execute(f"INSERT INTO payload VALUES ({', '.join('?' * len(columns))})", columns)
        told.hear(
            [f"put {name} {digest.hexdigest()}", *([f"send {name}", f"done {name}"] if delivered else [])]
        )
    execute("INSERT INTO stream SELECT stream, min(sequence), 0 FROM item WHERE state = 0 GROUP BY stream")
    execute("INSERT INTO kiosk_state VALUES ('last', CAST('i40' AS BLOB))")
    if version > 1:
        execute("UPDATE identity SET highest = 40")


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


def _recover_again(folder: Path, told: Told, wanted: list[Any], starts: Iterator[bool]) -> list[str]:
    if next(starts):
        with suppress(OutboxError):
            _open(folder)
    try:
        _recover(folder)
    except OutboxError as error:
        return [f"the second time: {error}"]
    kept = zip(_KEPT, wanted, _content(folder), strict=True)
    wrong = [f"not as it was: {sql}" for sql, before, after in kept if before != after]
    return wrong or judge(folder / OUTBOX, told, sound=False, whole=True)


def _content(folder: Path) -> list[set[Any]]:
    connection = connect(folder / OUTBOX / DATABASE, KEY)
    try:
        return [set(connection.execute(sql)) for sql in _KEPT]
    finally:
        connection.close()


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
