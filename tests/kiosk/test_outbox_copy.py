"""The technician's list of what waits, another try for it, and its copy for the organisation."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk.__main__ import main
from kiosk.config import Config
from kiosk.data_dir import key_file, store_dir
from kiosk.obstacle import obstacle
from kiosk.outbox_copy import copy_outbox
from kiosk.outbox_figures import SHOWN_AT_MOST
from kiosk.outbox_reasons import CopyTrouble, HeldState, Obstacle
from offline_queue.audit.trail import read_trail
from offline_queue.item import NewItem
from offline_queue.keys import load_key
from offline_queue.outcome import Backoff, Quarantine
from offline_queue.rotation import ready_key
from offline_queue.slots import add_slot
from offline_queue.store import Store
from tests.fakes.usb_bus import require_private_namespace
from tests.kiosk.whole import config_in, whole_kiosk
from tests.offline_queue.helpers import pems

ORGANISATION = pems(X25519PrivateKey.generate())
SECRET = b"what was measured"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Of a kiosk with one refused and many waiting records, whose server is down."""
    made = config_in(tmp_path / "data")
    made = replace(made, kiosk=replace(made.kiosk, copy_dir=str(tmp_path)))
    directory = store_dir(made)
    store = Store(directory, ready_key(directory, key_file(made)), made.kiosk.id, Backoff())
    for name in ("refused", *(f"w{number}" for number in range(SHOWN_AT_MOST + 3))):
        store.put([NewItem(name, f"session-{name}", "reading", SECRET)], {})
    store.claim(1.0)
    store.settle("refused", Quarantine("HTTP 422 invalid: the server refuses this record"), 1.0)
    store.close()
    return made


@pytest.fixture
def owned(config: Config) -> Config:
    add_slot(store_dir(config), load_key(key_file(config)), "agency", ORGANISATION[1])
    return config


def recovered(copy: Path, tmp_path: Path) -> list[dict[str, object]]:
    """What the organisation finds in a copy, by the command that it has."""
    (tmp_path / "org.pem").write_bytes(ORGANISATION[0])
    words = ("--key", str(tmp_path / "org.pem"), "--from", str(copy), "--to", str(tmp_path / "out"))
    assert main(["outbox", "recover", *words]) == 0
    entries: list[dict[str, object]] = json.loads((tmp_path / "out" / "index.json").read_text())
    return entries


async def test_the_technician_sees_what_was_refused_first_and_lets_it_be_tried(owned: Config) -> None:
    async with whole_kiosk(owned) as whole:
        figures = await whole.kiosk.backlog.figures()
        assert len(figures.held) == SHOWN_AT_MOST
        first = figures.held[0]
        assert (first.stream, first.state, first.attempts) == ("session-refused", HeldState.REFUSED, 1)
        assert first.obstacle is Obstacle.REFUSED
        assert first.age_s is not None
        assert SECRET.decode() not in repr(figures)
        await whole.kiosk.backlog.retry()
        assert (await whole.kiosk.backlog.figures()).counts.quarantined == 0


async def test_a_running_kiosk_is_copied_for_the_organisation_alone(owned: Config, tmp_path: Path) -> None:
    async with whole_kiosk(owned) as whole:
        made = await whole.kiosk.backlog.copy()
        assert (made.trouble, made.records) == (None, SHOWN_AT_MOST + 4)
        assert all(SECRET not in path.read_bytes() for path in Path(made.place).iterdir())
        waits = [entry for entry in recovered(Path(made.place), tmp_path) if "file" in entry]
        assert len(waits) == made.records
    trail = read_trail(store_dir(owned), load_key(key_file(owned)), owned.kiosk.id)
    told = [json.loads(event.detail) for event in trail.events if event.kind == "outbox_exported"]
    assert told == [{"how": "sealed", "records": made.records}]


def test_nothing_is_copied_that_nobody_could_open(config: Config, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    assert copy_outbox(config).trouble is CopyTrouble.NO_OWNER_KEY
    assert sorted(tmp_path.iterdir()) == before


@pytest.fixture
def stick(tmp_path: Path) -> Iterator[Path]:
    """A small medium, mounted for a user of the machine."""
    require_private_namespace()
    place = tmp_path / "media" / "user" / "STICK"
    place.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_without_a_folder_of_the_site_it_goes_onto_the_mounted_medium(owned: Config, stick: Path) -> None:
    anywhere = replace(owned, kiosk=replace(owned.kiosk, copy_dir=""))
    media = stick.parent.parent
    made = copy_outbox(anywhere, [media])
    assert made.trouble is None
    assert Path(made.place).parent == stick
    kept = Path(made.place).rename(stick / "first")
    subprocess.run(["dd", "if=/dev/zero", f"of={stick}/full", "bs=4k"], check=False, capture_output=True)
    full = copy_outbox(anywhere, [media])
    assert full.trouble is CopyTrouble.NO_ROOM
    assert [path.name for path in stick.iterdir() if path.is_dir()] == [kept.name]


def test_a_folder_where_nothing_is_mounted_is_no_medium(owned: Config, tmp_path: Path) -> None:
    (tmp_path / "media" / "user").mkdir(parents=True)
    anywhere = replace(owned, kiosk=replace(owned.kiosk, copy_dir=""))
    assert copy_outbox(anywhere, [tmp_path / "media"]).trouble is CopyTrouble.NO_PLACE


@pytest.mark.parametrize(
    ("reason", "meaning"),
    [
        ("HTTP 503", Obstacle.IN_TROUBLE),
        ("HTTP 401 security: the server refuses the credential", Obstacle.CREDENTIAL),
        ("HTTP 404: the server's address or settings are wrong", Obstacle.SETTINGS),
        ("HTTP 412: a reference is missing or in conflict", Obstacle.CONFLICT),
        ("HTTP 405: the server does not take this resource", Obstacle.CONFLICT),
        ("HTTP 422 invalid: the server refuses this record", Obstacle.REFUSED),
        ("bad_record: this record cannot be sent", Obstacle.NOT_SENDABLE),
        ("not_reached: refused", Obstacle.NO_ANSWER),
        ("token server: HTTP 503", Obstacle.IN_TROUBLE),
        ("token server: too_long: 30 s", Obstacle.NO_ANSWER),
        ("content lost", Obstacle.CONTENT_LOST),
        ("the answer is not that of a transaction", Obstacle.OTHER),
    ],
)
def test_an_obstacle_is_known_by_its_reason(reason: str, meaning: Obstacle) -> None:
    assert obstacle(reason) is meaning
