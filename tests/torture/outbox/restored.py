"""A server restored from an older backup: what it lost is sent again from the sealed copies, once."""

import asyncio
import contextlib
import io
import random
import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk.__main__ import main
from kiosk.config import load_config
from kiosk.data_dir import key_file, store_dir
from offline_queue.item import NewItem
from offline_queue.rotation import ready_key
from offline_queue.slots import add_slot
from tests.fakes.fhir_server import fhir_server
from tests.kiosk.fhir.items import whole_session
from tests.kiosk.test_reconcile_command import deliver, opened, settings_for
from tests.offline_queue.helpers import pems
from tests.torture.outbox.child import scratch
from tests.torture.outbox.courier import session_name
from tests.torture.outbox.deliveries import differences
from tests.torture.outbox.judge import Told
from tests.torture.outbox.proofs import Proof

_SESSIONS_MOST = 3
_PRIVATE = "org.pem"


def restored(tries: int, seed: int = 1) -> Proof:
    """The backup is made at any moment of the deliveries."""
    proof = Proof("a server is restored from an older backup: each record is there once again, unaltered")
    rng = random.Random(seed)
    while proof.tries < tries:
        sessions = rng.randint(1, _SESSIONS_MOST)
        items = [item for n in range(sessions) for item in whole_session(session_name(n))]
        new = [NewItem(item.id, item.stream, item.kind, item.payload) for item in items]
        backup_at = rng.randrange(len(new))
        with scratch() as folder:
            _live(folder, new, backup_at)
            wrong = _recovered(folder, {item.id for item in new}, sessions)
        told = Told({item.id: "" for item in new})
        proof.note(told, wrong, f"{sessions} sessions, backup after {backup_at} of {len(new)} records")
    return proof


def _live(folder: Path, items: Sequence[NewItem], backup_at: int) -> None:
    private, public = pems(X25519PrivateKey.generate())
    (folder / _PRIVATE).write_bytes(private)
    storage, backup = folder / "server", folder / "backup"
    for number, part in enumerate((items[:backup_at], items[backup_at:])):
        with fhir_server(storage) as server:
            config = load_config(settings_for(folder, server))
            with closing(opened(config)) as store:
                store.put(part, {})
            if number == 0:
                add_slot(store_dir(config), ready_key(store_dir(config), key_file(config)), "agency", public)
            asyncio.run(deliver(config))
        if number == 0:
            shutil.copytree(storage, backup)
    shutil.rmtree(storage)
    shutil.copytree(backup, storage)


def _recovered(folder: Path, put: set[str], sessions: int) -> list[str]:
    """What is wrong once the technician has given the organisation's key, and all is delivered again."""
    with fhir_server(folder / "server") as server, contextlib.redirect_stdout(io.StringIO()) as said:
        settings = settings_for(folder, server)
        main(["--config", str(settings), "outbox", "reconcile", "--key", str(folder / _PRIVATE)])
        asyncio.run(deliver(load_config(settings)))
        wrong = differences(server, put, sessions)
        if main(["--config", str(settings), "outbox", "reconcile"]) != 0:
            wrong.append(f"it still misses something: {said.getvalue().splitlines()[-1:]}")
    return wrong
