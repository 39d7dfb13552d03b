"""`telecabine keys seal` and `unseal`, and every other command on a kiosk whose key is in the chip."""

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from kiosk.__main__ import main
from kiosk.config import load_config
from kiosk.data_dir import chip, key_file, store_dir
from offline_queue.item import NewItem
from offline_queue.outcome import Backoff
from offline_queue.rotation import ready_key
from offline_queue.store import Store
from tests.fakes.tpm import SoftwareTpm, software_tpm
from tests.kiosk.test_config import GOOD, write
from tests.offline_queue.helpers import pems


def settings(tmp_path: Path, device: str) -> Path:
    return write(tmp_path, GOOD.replace("[physician]", f'tpm2_device = "{device}"\n[physician]'))


def with_record(path: Path) -> None:
    """One record waits."""
    config = load_config(path)
    key = ready_key(store_dir(config), key_file(config), chip(config))
    store = Store(store_dir(config), key, config.kiosk.id, Backoff())
    store.put([NewItem("a", "session-a", "reading", b"a")], {})
    store.close()


def organisation(tmp_path: Path, path: Path) -> Path:
    """Its private key, once its public one has a slot."""
    private, public = pems(X25519PrivateKey.generate())
    (tmp_path / "public.pem").write_bytes(public)
    (tmp_path / "org.pem").write_bytes(private)
    assert telecabine(path, "keys", "add", "agency", str(tmp_path / "public.pem")) == 0
    return tmp_path / "org.pem"


def telecabine(path: Path, *words: str) -> int:
    return main(["--config", str(path), *words])


def machine(path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Where the machine's key is, as the list says."""
    capsys.readouterr()
    assert telecabine(path, "keys", "list") == 0
    return "\n".join(line for line in capsys.readouterr().out.splitlines() if line.startswith("machine"))


def key_names(path: Path) -> list[str]:
    return sorted(entry.name for entry in key_file(load_config(path)).parent.glob("outbox.key*"))


def test_a_key_moves_into_the_chip_and_back(
    tpm: SoftwareTpm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with_record(settings(tmp_path, ""))
    path = settings(tmp_path, tpm.device)
    assert machine(path, capsys).startswith("machine  file ")
    assert "weaker: whoever has the disk has the key" in machine(path, capsys)
    assert telecabine(path, "keys", "seal") == 2
    assert "keys add" in capsys.readouterr().err, "a chip that breaks would take the only key with it"
    organisation(tmp_path, path)
    assert telecabine(path, "keys", "seal") == 0
    assert "keys rotate" in capsys.readouterr().out
    assert machine(path, capsys).startswith("machine  tpm2 ") and "weaker" not in machine(path, capsys)
    assert telecabine(path, "keys", "seal") == 0
    assert key_names(path) == ["outbox.key.tpm"]
    assert telecabine(path, "keys", "unseal") == 0
    assert machine(path, capsys).startswith("machine  file ")
    assert key_names(path) == ["outbox.key"]


def test_every_command_opens_what_the_chip_keeps(
    tpm: SoftwareTpm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = settings(tmp_path, tpm.device)
    with_record(path)
    private = organisation(tmp_path, path)
    assert key_names(path) == ["outbox.key.tpm"]
    for command in ("status", "list", "verify", "retry", "recover"):
        assert telecabine(path, "outbox", command) == 0, command
    assert telecabine(path, "outbox", "export", "--to", str(tmp_path / "own")) == 0
    assert telecabine(path, "keys", "rotate") == 0
    assert key_names(path) == ["outbox.key.tpm"]
    assert telecabine(path, "outbox", "verify") == 0
    words = ("--key", str(private), "--from", str(store_dir(load_config(path))))
    assert main(["outbox", "recover", *words, "--to", str(tmp_path / "new")]) == 0
    assert "1 records are in" in capsys.readouterr().out


def test_a_chip_that_was_replaced_leaves_the_way_of_the_organisation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with software_tpm(tmp_path / "tpm") as own:
        path = settings(tmp_path, own.device)
        with_record(path)
        private = organisation(tmp_path, path)
    with software_tpm(tmp_path / "another") as another:
        path = settings(tmp_path, another.device)
        for words in (("outbox", "status"), ("outbox", "recover"), ("keys", "rotate"), ("keys", "unseal")):
            assert telecabine(path, *words) == 2
            said = capsys.readouterr().err
            assert "Traceback" not in said
            assert "telecabine outbox recover --key ORG.pem --from COPY --to FOLDER" in said, words
        copy = shutil.copytree(store_dir(load_config(path)), tmp_path / "copy")
    of_copy = ("--key", str(private), "--from", str(copy), "--to", str(tmp_path / "out"))
    assert main(["outbox", "recover", *of_copy]) == 0
    assert "1 records are in" in capsys.readouterr().out


def test_without_a_chip_the_command_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = settings(tmp_path, "swtpm:host=127.0.0.1,port=9")
    with_record(path)
    organisation(tmp_path, path)
    assert telecabine(path, "keys", "seal") == 2
    assert "no_chip: nothing is changed: " in capsys.readouterr().err
    assert key_names(path) == ["outbox.key"]
