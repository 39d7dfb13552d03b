"""A server restored from an older backup: what it lost is named, and sent again with the owner's key."""

import asyncio
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk.__main__ import main
from kiosk.config import Config, load_config
from kiosk.data_dir import key_file, store_dir
from kiosk.fhir import late_openings
from kiosk.fhir.client import FhirSender
from kiosk.fhir_settings import fhir_settings
from kiosk.reconcile_command import next_id
from offline_queue.item import NewItem
from offline_queue.keeping import Keeping
from offline_queue.outcome import Backoff, Delivered, Retry
from offline_queue.rotation import ready_key
from offline_queue.slots import add_slot
from offline_queue.store import Store
from tests.fakes.fhir_server import FhirServer, fhir_server
from tests.kiosk.fhir.items import whole_session
from tests.kiosk.test_config import GOOD, write
from tests.offline_queue.helpers import pems

NOW = 1_900_000_000.0
KEPT = GOOD.replace('data_dir = "data"', 'data_dir = "data"\nsealed_copy_days = 30')


def settings_for(folder: Path, server: FhirServer) -> Path:
    there = f'base_url = "{server.url}"\nca_file = "{server.ca}"'
    return write(folder, KEPT.replace('base_url = "https://localhost:8443/fhir"', there))


def opened(config: Config) -> Store:
    key = ready_key(store_dir(config), key_file(config))
    return Store(store_dir(config), key, config.kiosk.id, Backoff(), keeping=Keeping.of_days(180, 30))


async def deliver(config: Config) -> int:
    """Everything that waits; returns how many items."""
    sender = FhirSender(fhir_settings(config))
    count = 0
    with closing(opened(config)) as store:
        while (item := store.claim(NOW)) is not None:
            outcome = await sender.send(item)
            while isinstance(outcome, Retry) and outcome.reason == late_openings.REASON:
                await asyncio.sleep(outcome.after_s or 0.0)
                outcome = await sender.send(item)
            assert isinstance(outcome, Delivered), outcome
            store.settle(item.id, outcome, NOW)
            count += 1
    await sender.close()
    return count


async def test_what_an_older_backup_lacks_is_sent_again_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    storage, backup = tmp_path / "server", tmp_path / "backup"
    private, public = pems(X25519PrivateKey.generate())
    (tmp_path / "org.pem").write_bytes(private)
    session = [NewItem(item.id, item.stream, item.kind, item.payload) for item in whole_session("restored")]
    with fhir_server(storage) as server:
        config = load_config(settings_for(tmp_path, server))
        with closing(opened(config)) as store:
            store.put(session[:4], {})
        add_slot(store_dir(config), ready_key(store_dir(config), key_file(config)), "agency", public)
        assert await deliver(config) == 4
    shutil.copytree(storage, backup)
    with fhir_server(storage) as server:
        config = load_config(settings_for(tmp_path, server))
        with closing(opened(config)) as store:
            store.put(session[4:], {})
        assert await deliver(config) == len(session) - 4
        everything = server.counts()
    shutil.rmtree(storage)
    shutil.copytree(backup, storage)
    with fhir_server(storage) as server:
        settings = settings_for(tmp_path, server)
        config = load_config(settings)
        assert server.counts() != everything
        command = ["--config", str(settings), "outbox", "reconcile"]
        assert main(command) == 1
        said = capsys.readouterr().out
        assert said.count("missing on the server") == len(session) - 4
        assert main([*command, "--key", str(tmp_path / "org.pem")]) == 0
        assert f"0 missing, {len(session) - 4} sent again" in capsys.readouterr().out
        assert main([*command, "--key", str(tmp_path / "org.pem")]) == 0, "asked twice, it is sent once"
        capsys.readouterr()
        assert await deliver(config) == len(session) - 4
        assert server.counts() == everything
        assert main(command) == 0
        assert "0 missing, 0 sent again" in capsys.readouterr().out


def test_what_is_sent_again_has_a_name_of_its_own() -> None:
    assert next_id("a") == "a~1"
    assert next_id(next_id("a")) == "a~2"
