"""`telecabine outbox` and `telecabine keys`, as a technician types them."""

import json
import os
import shutil
import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from devices.reading import Attachment, Kind
from kiosk.__main__ import main
from kiosk.audit import Told
from kiosk.audit_notes import read_notes
from kiosk.clip import CONTENT_TYPE, record_clip
from kiosk.config import load_config
from kiosk.data_dir import key_file, mark_file, notes_dir, store_dir
from kiosk.outbox_words import ADVICE
from kiosk.record import PayloadKind, reading_payload
from offline_queue.errors import OutboxReason
from offline_queue.item import NewItem
from offline_queue.outcome import Backoff, Delivered, Quarantine
from offline_queue.rotation import ready_key
from offline_queue.sentinel import DATABASE
from offline_queue.store import Store
from tests.kiosk.records import SITE, readings, session
from tests.kiosk.test_config import GOOD, write
from tests.offline_queue.helpers import pems


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Of a kiosk with one delivered, one refused and one waiting record."""
    path = write(tmp_path, GOOD.replace("[physician]", 'tpm2_device = ""\n[physician]'))
    with_store(path)
    return path


def with_store(path: Path) -> None:
    config = load_config(path)
    directory = store_dir(config)
    store = Store(directory, ready_key(directory, key_file(config)), config.kiosk.id, Backoff())
    store.put([NewItem(name, f"session-{name}", "reading", name.encode()) for name in ("a", "b", "c")], {})
    store.claim(1.0)
    store.settle("a", Delivered("Observation/1"), 1.0)
    store.claim(1.0)
    store.settle("b", Quarantine("http 422"), 1.0)
    store.close()


@pytest.fixture
def directory(settings: Path) -> Iterator[Path]:
    yield store_dir(load_config(settings))


def telecabine(settings: Path, *words: str) -> int:
    return main(["--config", str(settings), *words])


def test_status_and_list_say_what_waits(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert telecabine(settings, "outbox", "status") == 0
    said = capsys.readouterr().out
    for line in (
        "waiting      1",
        "refused      1",
        "delivered    1",
        "oldest       0:00:0",
        "last answer  http 422",
    ):
        assert line in said
    assert telecabine(settings, "outbox", "list") == 0
    refused, waiting = capsys.readouterr().out.splitlines()
    assert refused.startswith("session-b  1 waiting, for 0:00:0")
    assert refused.endswith(", reading was refused, tries: 1: http 422")
    assert waiting.startswith("session-c  1 waiting, for 0:00:0")
    assert ", reading waits, tries: 0, again in 0 s" in waiting


def test_what_was_refused_is_tried_again_on_request(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert telecabine(settings, "outbox", "retry", "--session", "session-b") == 0
    assert "1 sessions will be tried" in capsys.readouterr().out
    assert telecabine(settings, "outbox", "retry", "--session", "unknown") == 2
    telecabine(settings, "outbox", "status")
    assert "refused      0" in capsys.readouterr().out
    telecabine(settings, "audit", "list")
    told = capsys.readouterr().out.splitlines()
    assert [line.split()[2:] for line in told if "retried" in line] == [
        ["outbox_retried", "session-b", "streams=1"]
    ], "once, and not what failed"


def test_an_export_in_clear_leaves_a_note_for_the_audit_chain(settings: Path, tmp_path: Path) -> None:
    assert telecabine(settings, "outbox", "export", "--to", str(tmp_path / "own")) == 0
    (left,) = read_notes(notes_dir(load_config(settings)), set()).values()
    assert (left.kind, left.detail["how"]) == (Told.OUTBOX_EXPORTED, "clear")


def auscultation(clip: bytes) -> bytes:
    """Its record."""
    (heart,) = (reading for reading in readings() if reading.kind is Kind.STETHOSCOPE)
    return reading_payload(
        SITE, session(), replace(heart, attachment=Attachment(CONTENT_TYPE, clip, "mitral"))
    )


def put(settings: Path, records: dict[str, bytes]) -> None:
    """Into the outbox, each in a stream of its own."""
    config = load_config(settings)
    directory = store_dir(config)
    store = Store(directory, ready_key(directory, key_file(config)), config.kiosk.id, Backoff())
    items = [NewItem(n, f"session-{n}", PayloadKind.READING, data) for n, data in records.items()]
    store.put(items, {})
    store.close()


def test_an_export_has_each_auscultation_as_wav_too(
    settings: Path, directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pcm = np.arange(-8000, 8000, dtype=np.int16)
    payload = auscultation(record_clip(pcm, 16_000))
    put(settings, {"heart": payload})
    assert telecabine(settings, "outbox", "export", "--to", str(tmp_path / "plain")) == 0
    assert not list((tmp_path / "plain").rglob("*.wav")), "nobody asked"
    assert telecabine(settings, "outbox", "export", "--wav", "--to", str(tmp_path / "own")) == 0
    said = capsys.readouterr().out
    assert "1 auscultations are beside their records, as WAV" in said
    assert "2 readings cannot be read here" in said
    (written,) = (tmp_path / "own").rglob("*.wav")
    assert written.with_suffix("").read_bytes() == payload
    assert written.stat().st_mode & 0o777 == 0o600
    with wave.open(str(written)) as file:
        assert file.getparams()[:4] == (1, 2, 16_000, len(pcm))
        np.testing.assert_array_equal(np.frombuffer(file.readframes(len(pcm)), dtype="<i2"), pcm)


def test_a_clip_without_sound_stops_no_export_and_what_is_lost_is_said_before_the_sounds(
    settings: Path, directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = record_clip(np.arange(-8000, 8000, dtype=np.int16), 16_000)
    head = clip[: clip.index(b"\xff\xf8")]
    put(settings, {"head": auscultation(head), "heart": auscultation(clip)})
    older = (directory / DATABASE).read_bytes()
    put(settings, {"late": auscultation(clip)})
    (directory / DATABASE).write_bytes(older)
    for segment in directory.glob("outbox.log.*"):
        segment.unlink()
    assert telecabine(settings, "outbox", "export", "--wav", "--to", str(tmp_path / "own")) == 1
    assert capsys.readouterr().out.splitlines()[1:] == [
        "at most 1 are lost",
        "1 auscultations are beside their records, as WAV",
        "3 readings cannot be read here",
    ]


def test_no_command_takes_a_folder_that_is_gone_for_a_new_one(
    settings: Path, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = load_config(settings)
    key = key_file(config).read_bytes()
    Store(directory, key, config.kiosk.id, Backoff(), outside=mark_file(config)).close()
    shutil.rmtree(directory)
    for words in (
        ("keys", "rotate"),
        ("audit", "list"),
        ("audit", "verify", "--offline"),
        ("outbox", "list"),
    ):
        assert telecabine(settings, *words) == 2
        assert "up to 3 items were stored in it once" in capsys.readouterr().err
        assert key_file(config).read_bytes() == key
    mark_file(config).write_bytes(b"torn")
    assert telecabine(settings, "outbox", "recover") == 2
    assert telecabine(settings, "outbox", "recover", "--accept-loss") == 0
    assert "nobody knows how many are lost" in capsys.readouterr().out
    assert telecabine(settings, "keys", "rotate") == 0


def test_verify_says_what_is_wrong_and_recover_mends_it(
    settings: Path, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert telecabine(settings, "outbox", "verify") == 0
    assert "agree" in capsys.readouterr().out
    (directory / DATABASE).write_bytes(os.urandom(20_000))
    assert telecabine(settings, "outbox", "verify") == 1
    assert "telecabine outbox recover" in capsys.readouterr().out
    assert telecabine(settings, "outbox", "status") == 2
    assert "telecabine outbox recover" in capsys.readouterr().err
    assert telecabine(settings, "outbox", "recover") == 0
    assert "2 records wait, at most 0 are lost; the old files are in" in capsys.readouterr().out
    assert telecabine(settings, "outbox", "verify") == 0


def test_a_mistyped_name_breaks_nothing(
    settings: Path, directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = load_config(settings).kiosk.id
    mistyped = tmp_path / "mistyped.toml"
    mistyped.write_text(settings.read_text().replace(f'"{name}"', f'"{name}x"'))
    (directory / DATABASE).write_bytes(os.urandom(20_000))
    assert telecabine(mistyped, "outbox", "recover", "--accept-loss") == 2
    said = capsys.readouterr().err
    assert "not_ours" in said and "put kiosk.id in the settings right" in said
    assert telecabine(settings, "outbox", "recover") == 0
    assert telecabine(settings, "audit", "verify", "--offline") == 0


def test_a_folder_that_is_gone_is_said_and_gone_on_from_on_request(
    settings: Path, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert telecabine(settings, "outbox", "retry") == 0  # since then there is the second mark
    shutil.rmtree(directory)
    capsys.readouterr()
    assert telecabine(settings, "outbox", "verify") == 1
    said = capsys.readouterr().out
    assert "missing: " in said and "up to 3 items" in said and "--accept-loss" in said
    assert telecabine(settings, "outbox", "status") == 2
    assert telecabine(settings, "outbox", "recover") == 2
    assert "up to 3 items" in capsys.readouterr().err
    assert telecabine(settings, "outbox", "recover", "--accept-loss") == 0
    assert "at most 3 are lost" in capsys.readouterr().out
    assert telecabine(settings, "outbox", "verify") == 0


def test_a_running_kiosk_is_not_disturbed(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = load_config(settings)
    running = Store(
        store_dir(config), ready_key(store_dir(config), key_file(config)), config.kiosk.id, Backoff()
    )
    for command in ("status", "list", "verify"):
        assert telecabine(settings, "outbox", command) == 0
    assert telecabine(settings, "outbox", "retry") == 2
    assert "stop it first" in capsys.readouterr().err
    running.put([NewItem("d", "session-d", "reading", b"d")], {})
    running.close()


def test_the_organisation_recovers_a_stolen_or_dead_kiosk(
    settings: Path,
    directory: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    private, public = pems(X25519PrivateKey.generate())
    (tmp_path / "public.pem").write_bytes(public)
    (tmp_path / "org.pem").write_bytes(private)
    assert telecabine(settings, "keys", "add", "agency", str(tmp_path / "public.pem")) == 0
    copy = shutil.copytree(directory, tmp_path / "copy")
    assert telecabine(settings, "keys", "list") == 0
    machine, agency = capsys.readouterr().out.splitlines()[-2:]
    assert machine.startswith("machine  file ") and agency.startswith("agency  public key ")
    assert telecabine(settings, "keys", "remove", "agency") == 2
    assert telecabine(settings, "keys", "remove", "nobody") == 2
    assert "last slot" in capsys.readouterr().err
    words = ("--key", str(tmp_path / "org.pem"), "--from", str(copy))
    assert main(["outbox", "recover", *words, "--to", str(tmp_path / "out")]) == 0
    assert "2 records are in" in capsys.readouterr().out
    monkeypatch.chdir(tmp_path)
    assert main(["outbox", "recover", *words]) == 0
    (made,) = tmp_path.glob("recovered-*")
    assert f"2 records are in {made.name}" in capsys.readouterr().out
    assert main(["outbox", "recover", *words[:3], str(tmp_path)]) == 2
    assert f"there is no outbox in {tmp_path}" in capsys.readouterr().err
    entries = json.loads((tmp_path / "out" / "index.json").read_text())
    assert {entry["id"]: entry["state"] for entry in entries} == {
        "a": "delivered",
        "b": "quarantined",
        "c": "waiting",
    }
    assert telecabine(settings, "keys", "rotate") == 0
    assert telecabine(settings, "outbox", "export", "--to", str(tmp_path / "own")) == 0
    words = ("--key", str(tmp_path / "org.pem"), "--from", str(directory))
    assert main(["outbox", "recover", *words, "--to", str(tmp_path / "new")]) == 0
    for folder in ("own", "new"):
        assert json.loads((tmp_path / folder / "index.json").read_text()) == entries


def test_a_missing_key_is_said_and_what_helps(
    settings: Path, directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key_file(load_config(settings)).unlink()
    assert telecabine(settings, "keys", "list") == 0
    assert "no key" in capsys.readouterr().out
    for command in ("status", "recover"):
        assert telecabine(settings, "outbox", command) == 2
        assert "put the key file back" in capsys.readouterr().err
    assert telecabine(settings, "outbox", "export", "--to", str(tmp_path / "own")) == 2
    assert not read_notes(notes_dir(load_config(settings)), set()), "nothing came out"
    private, _ = pems(X25519PrivateKey.generate())
    (tmp_path / "org.pem").write_bytes(private)
    words = ("--key", str(tmp_path / "org.pem"), "--from", str(directory), "--to", str(tmp_path / "out"))
    assert main(["outbox", "recover", *words]) == 2
    assert "it wants the private key of an organisation" in capsys.readouterr().err


def test_an_export_into_a_folder_with_something_in_it_leaves_no_note(
    settings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "letter").write_text("mine")
    assert telecabine(settings, "outbox", "export", "--to", str(tmp_path / "own")) == 2
    assert "is not empty" in capsys.readouterr().err
    assert not read_notes(notes_dir(load_config(settings)), set())


def test_a_kiosk_that_was_never_started_has_lost_no_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, GOOD)
    for words in (("outbox", "status"), ("audit", "list")):
        assert telecabine(path, *words) == 2
        said = capsys.readouterr().err
        assert "nothing was ever stored here" in said and "put the key file back" not in said
    assert telecabine(path, "outbox", "verify") == 1
    assert "nothing was ever stored here" in capsys.readouterr().out


def test_each_reason_to_stop_has_an_advice_but_those_that_say_it_all() -> None:
    assert set(OutboxReason) - set(ADVICE) == {OutboxReason.NO_CHIP, OutboxReason.CONFLICT}
