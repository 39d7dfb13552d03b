"""`telecabine outbox reconcile`: what a server no longer has that it once took, and sending it again."""

import argparse
import getpass
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from kiosk.audit import Told
from kiosk.config import Config
from kiosk.data_dir import mark_file, store_dir
from kiosk.fhir.server import FhirServer
from kiosk.fhir_settings import fhir_settings
from kiosk.outbox_words import WrongCall
from kiosk.store_key import usable_key
from offline_queue.audit.event import NewEvent
from offline_queue.errors import OutboxError
from offline_queue.item import NewItem
from offline_queue.outcome import Backoff
from offline_queue.sealed_copies import Remembered
from offline_queue.slots import Private, load_private
from offline_queue.store import Store

_WITHOUT_COPY = "is missing on the server, or follows what is: there is no copy that the key opens"
_AGAIN = "~"
"""An item that is sent again has the id of the first one, this, and how often."""


def reconcile(config: Config, options: argparse.Namespace) -> int:
    """Exit code 1: something is missing there and not sent again.

    Raises OutboxError, FhirError, Undelivered.
    """
    private = private_key(options.key) if options.key else None
    with (
        closing(FhirServer(fhir_settings(config))) as server,
        closing(open_store(config)) as store,
    ):
        known = newest(store.copies.remembered())
        wanted = missing(server, known)
        again = sum(_send_again(store, what, private) for what in wanted)
    lost = len(wanted) - again
    print(f"{len(known)} delivered records of the last 30 days: {lost} missing, {again} sent again")
    return 1 if lost else 0


def missing(server: FhirServer, known: Iterable[Remembered]) -> list[Remembered]:
    """What is not there, and all that followed it in its session: an opening undoes the close before it."""
    broken: set[str] = set()
    found: list[Remembered] = []
    for what in known:
        if what.stream not in broken and not has(server, what):
            broken.add(what.stream)
        if what.stream in broken:
            found.append(what)
    return found


def open_store(config: Config) -> Store:
    """A kiosk's, which must not run. Raises OutboxError."""
    key, outside = usable_key(config), mark_file(config)
    return Store(store_dir(config), key, config.kiosk.id, Backoff(), outside=outside)


def _send_again(store: Store, what: Remembered, private: Private | None) -> bool:
    """False: there is no copy that this key opens."""
    try:
        payload = store.copies.opened(what, private) if private else None
    except OutboxError as error:
        print(f"{what.id}: {error}")
        payload = None
    print(f"{_line(what)}: {_WITHOUT_COPY if payload is None else 'sent again'}")
    if payload is None:
        return False
    again = NewItem(next_id(what.id), what.stream, what.kind, payload)
    store.put([again], {}, [NewEvent(Told.SENT_AGAIN, what.id)])
    return True


def private_key(pem: Path) -> Private:
    """An organisation's; asks for its password when there is one. Raises OSError, OutboxError."""
    content = pem.read_bytes()
    return load_private(content, _password(pem) if b"ENCRYPTED" in content else None)


def _password(pem: Path) -> bytes:
    try:
        return getpass.getpass(f"Password of {pem}: ").encode()
    except EOFError:
        raise WrongCall(f"{pem} has a password: it is asked for in a terminal") from None


def newest(remembered: Iterable[Remembered]) -> list[Remembered]:
    """Of what was sent several times, the last time."""
    found = {what.id.partition(_AGAIN)[0]: what for what in remembered}
    return sorted(found.values(), key=lambda what: what.sequence)


def next_id(item_id: str) -> str:
    first, _, number = item_id.partition(_AGAIN)
    return f"{first}{_AGAIN}{int(number or 0) + 1}"


def has(server: FhirServer, what: Remembered) -> bool:
    """Whether every resource that it became is there. A Binary came with its Media, and may be large."""
    every = (resource.split("/", 1) for resource in what.receipt.split())
    return all(server.has(*each) for each in every if each[0] != "Binary")


def _line(what: Remembered) -> str:
    at = datetime.fromtimestamp(what.settled, UTC).isoformat(timespec="seconds")
    return f"{what.stream}  {what.kind} {what.id}, delivered {at}, sha256 {what.digest.hex()}, {what.receipt}"
