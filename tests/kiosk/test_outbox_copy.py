"""The technician's list of what waits, another try for it, and its copy for the organisation."""

import asyncio
import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk.__main__ import main
from kiosk.config import Config
from kiosk.data_dir import key_file, store_dir
from kiosk.obstacle import obstacle
from kiosk.outbox_copy import MEDIA, CopyMade, copy_outbox, copy_place
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
    made = replace(made, kiosk=replace(made.kiosk, copy_dir=tmp_path))
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


def copied(config: Config, media: Sequence[Path] = MEDIA) -> CopyMade:
    place = copy_place(config, media)
    return CopyMade("", trouble=place) if isinstance(place, CopyTrouble) else copy_outbox(config, place)


def told_of_copies(config: Config) -> list[dict[str, object]]:
    trail = read_trail(store_dir(config), load_key(key_file(config)), config.kiosk.id)
    return [json.loads(event.detail) for event in trail.events if event.kind == "outbox_exported"]


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
    assert told_of_copies(owned) == [{"how": "sealed"}]


def test_nothing_is_copied_that_nobody_could_open(config: Config, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    assert copied(config).trouble is CopyTrouble.NO_OWNER_KEY
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
    anywhere = replace(owned, kiosk=replace(owned.kiosk, copy_dir=None))
    media = stick.parent.parent
    made = copied(anywhere, [media])
    assert made.trouble is None
    assert Path(made.place).parent == stick
    kept = Path(made.place).rename(stick / "first")
    subprocess.run(["dd", "if=/dev/zero", f"of={stick}/full", "bs=4k"], check=False, capture_output=True)
    full = copied(anywhere, [media])
    assert full.trouble is CopyTrouble.NO_ROOM
    assert [path.name for path in stick.iterdir() if path.is_dir()] == [kept.name]


def test_a_full_disk_of_the_kiosk_is_not_a_full_medium(
    owned: Config, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["dd", "if=/dev/zero", f"of={stick}/full", "bs=4k"], check=False, capture_output=True)
    monkeypatch.setattr(tempfile, "tempdir", str(stick))
    assert copied(owned).trouble is CopyTrouble.FAILED


def test_what_cannot_be_read_is_no_medium_and_hides_none(owned: Config, stick: Path) -> None:
    """A medium whose daemon is gone: whoever looks at it gets an error."""
    if not Path("/dev/fuse").exists():
        pytest.skip("no FUSE here")
    dead = stick.parent.parent / "dead"
    dead.mkdir()
    with Path("/dev/fuse").open("r+b", buffering=0) as daemon:
        options = f"fd={daemon.fileno()},rootmode=40000,user_id=0,group_id=0"
        mounted = ["mount", "-i", "-t", "fuse", "-o", options, "dead", str(dead)]
        if subprocess.run(mounted, check=False, pass_fds=[daemon.fileno()]).returncode:
            pytest.skip("no FUSE here")
    try:
        with pytest.raises(OSError, match="not connected"):
            sorted(dead.iterdir())
        anywhere = replace(owned, kiosk=replace(owned.kiosk, copy_dir=None))
        assert copy_place(anywhere, [stick.parent.parent]) == stick
    finally:
        subprocess.run(["umount", "-l", str(dead)], check=True)


async def test_the_copy_is_made_once_however_often_it_is_asked_for(owned: Config, tmp_path: Path) -> None:
    async with whole_kiosk(owned) as whole:
        first, second = await asyncio.gather(whole.kiosk.backlog.copy(), whole.kiosk.backlog.copy())
        assert (first, first.trouble) == (second, None)
    assert len([path for path in tmp_path.iterdir() if path.name.startswith("telecabine-")]) == 1


async def test_a_copy_is_told_before_it_is_made(owned: Config, tmp_path: Path) -> None:
    """The power may go right after; so what was begun, and failed, is told too."""
    owned = replace(owned, kiosk=replace(owned.kiosk, copy_dir=tmp_path / "a file"))
    (tmp_path / "a file").touch()
    async with whole_kiosk(owned) as whole:
        assert (await whole.kiosk.backlog.copy()).trouble is CopyTrouble.FAILED
    assert told_of_copies(owned) == [{"how": "sealed"}]


def test_a_folder_where_nothing_is_mounted_is_no_medium(owned: Config, tmp_path: Path) -> None:
    (tmp_path / "media" / "user").mkdir(parents=True)
    anywhere = replace(owned, kiosk=replace(owned.kiosk, copy_dir=None))
    assert copied(anywhere, [tmp_path / "media"]).trouble is CopyTrouble.NO_PLACE


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
        ("the disk has damaged it", Obstacle.DAMAGED),
        ("the answer is not that of a transaction", Obstacle.OTHER),
    ],
)
def test_an_obstacle_is_known_by_its_reason(reason: str, meaning: Obstacle) -> None:
    assert obstacle(reason) is meaning
