"""Killed while everything is written anew: by a new schema, or with a new key."""

import hashlib
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from offline_queue import migrate
from offline_queue.database import connect
from offline_queue.keys import load_key, replace_key
from offline_queue.outcome import Backoff
from offline_queue.rotation import finish, rotate
from offline_queue.sentinel import DATABASE, Mark, write_mark
from offline_queue.store import Store
from tests.offline_queue.helpers import KEY, OWNER
from tests.torture.outbox.child import Say, in_child, said, scratch
from tests.torture.outbox.disk import KILL, steps, watch
from tests.torture.outbox.judge import Told, judge
from tests.torture.outbox.proofs import Proof, lived

KEY_FILE = "outbox.key"
OUTBOX = "outbox"


def migrations(tries: int | None, seed: int = 1) -> Proof:
    """From every earlier schema, killed at each step (or at `tries` of them)."""
    proof = Proof("killed while a new schema is brought in: nothing acknowledged is lost or altered")
    for version in range(1, len(migrate.migrations())):
        prepare = partial(earlier_outbox, version=version, seed=seed)
        _killed_often(proof, tries, prepare, _open, "migrate", f"from schema {version}")
    return proof


def rotations(tries: int | None, seed: int = 1) -> Proof:
    """Killed at each step of a change of the key; then `finish` is all that is done."""
    proof = Proof(
        "killed while the key changes: nothing acknowledged is lost or altered, and one key opens it"
    )
    _killed_often(proof, tries, partial(_with_key, seed=seed), _rotate, "rotate", "key")
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


def _open(folder: Path) -> None:
    store = Store(folder / OUTBOX, KEY, OWNER, Backoff())
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
) -> None:
    limit = _steps_of(prepare, act)
    for at in range(1, limit + 1, 1 if tries is None else max(1, limit // tries)):
        with scratch() as folder:
            told = prepare(folder)
            told.hear(in_child(partial(_watched, folder, act, at)))
            finish(folder / OUTBOX, folder / KEY_FILE)
            key = load_key(folder / KEY_FILE)
            proof.killed[phase] += 1
            proof.note(told, judge(folder / OUTBOX, told, key=key), f"{how}, killed at step {at}")


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
