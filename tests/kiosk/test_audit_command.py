"""`telecabine audit`, as somebody types it who has to be sure."""

from contextlib import closing
from pathlib import Path

import pytest

from kiosk.__main__ import main
from kiosk.config import load_config
from kiosk.data_dir import key_file, store_dir
from kiosk.fhir.client import FhirSender
from kiosk.fhir_settings import fhir_settings
from kiosk.store_key import usable_key
from offline_queue.audit.event import NewEvent
from offline_queue.database import connect
from offline_queue.outcome import Backoff, Delivered
from offline_queue.rotation import ready_key
from offline_queue.sentinel import DATABASE
from offline_queue.store import Store
from tests.fakes.fhir_server import FhirServer, fhir_server
from tests.kiosk.test_config import GOOD, write


def telecabine(settings: Path, *words: str) -> int:
    return main(["--config", str(settings), *words])


def opened(settings: Path) -> Store:
    config = load_config(settings)
    return Store(
        store_dir(config), ready_key(store_dir(config), key_file(config)), config.kiosk.id, Backoff()
    )


def tamper(settings: Path, statement: str) -> None:
    config = load_config(settings)
    connection = connect(store_dir(config) / DATABASE, usable_key(config))
    connection.execute(statement)
    connection.close()


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Of a kiosk with three events, the first two of them signed."""
    path = write(tmp_path, GOOD)
    with closing(opened(path)) as store:
        store.put([], {}, [NewEvent("kiosk_started", "", {"version": "1"}), NewEvent("pin_tried")])
        store.make_checkpoint(1_800_000_000.0)
        store.put([], {}, [NewEvent("technician_entered")])
    return path


def test_what_happened_is_listed(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert telecabine(settings, "audit", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[2] for line in lines] == [
        "kiosk_started",
        "pin_tried",
        "checkpoint",
        "technician_entered",
    ]
    assert lines[0].endswith("kiosk_started  version=1")
    assert telecabine(settings, "audit", "list", "--json") == 0
    assert capsys.readouterr().out.startswith("[1, ")


def test_looking_here_alone(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(opened(settings)):  # also beside a kiosk that runs
        assert telecabine(settings, "audit", "verify", "--offline") == 0
    said = capsys.readouterr().out
    assert "events 1 to 4" in said and "signed up to 2, by key " in said
    tamper(settings, "UPDATE event SET subject = 'x' WHERE number = 2")
    assert telecabine(settings, "audit", "verify", "--offline") == 1
    assert "event 2: altered" in capsys.readouterr().out


def test_a_server_that_cannot_be_asked_is_no_good_news(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert telecabine(settings, "audit", "verify") == 1
    assert "not compared with the server: not_reached" in capsys.readouterr().out


async def test_what_was_cut_off_is_known_to_the_server(
    tmp_path: Path, settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with fhir_server(tmp_path / "sekmet") as server:
        settings = write(tmp_path, with_server(server))
        sender = FhirSender(fhir_settings(load_config(settings)))
        with closing(opened(settings)) as store:
            item = store.claim(1_900_000_000.0)
            assert item is not None
            outcome = await sender.send(item)
            assert isinstance(outcome, Delivered), outcome
            store.settle(item.id, outcome, 1_900_000_000.0)
        await sender.close()
        assert telecabine(settings, "audit", "verify") == 0
        assert "the server vouches for them up to 2" in capsys.readouterr().out
        tamper(settings, "DELETE FROM event WHERE number >= 2")
        tamper(settings, "DELETE FROM item WHERE stream = 'audit'")
        assert telecabine(settings, "audit", "verify", "--offline") == 0
        assert telecabine(settings, "audit", "verify") == 1
        assert "event 2: cut off" in capsys.readouterr().out


def with_server(server: FhirServer) -> str:
    there = f'base_url = "{server.url}"\nca_file = "{server.ca}"'
    return GOOD.replace('base_url = "https://localhost:8443/fhir"', there)
