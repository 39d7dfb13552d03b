"""The command line as a technician uses it: a real process each time."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.pin import hash_pin, pin_matches


def telecabine(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kiosk", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_decode_prints_one_json_object() -> None:
    done = telecabine("devices", "decode", "plx_continuous", "0064005a00")
    assert done.returncode == 0
    assert json.loads(done.stdout) == {"spo2": 100, "pr": 90}


@pytest.mark.parametrize(
    ("protocol", "frame", "sentence"),
    [
        ("plx_continuous", "00640", "not hexadecimal"),
        ("plx_continuous", "0064", "not a frame of plx_continuous"),
        ("no_such_protocol", "00", "unknown protocol no_such_protocol"),
    ],
)
def test_decode_says_what_is_wrong(protocol: str, frame: str, sentence: str) -> None:
    done = telecabine("devices", "decode", protocol, frame)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_the_catalogue_is_listed() -> None:
    assert "contec_cms50_v7" in telecabine("devices", "list").stdout


def test_a_capture_is_kept_for_us_alone_and_played_again(tmp_path: Path) -> None:
    path = tmp_path / "capture.jsonl"
    watched = telecabine("devices", "watch", "--seconds", "0.5", "--capture", str(path))
    assert watched.returncode == 0
    assert path.stat().st_mode & 0o777 == 0o600
    again = telecabine("devices", "watch", "--seconds", "0.5", "--capture", str(path))
    assert (again.returncode, "File exists" in again.stderr) == (2, True)
    frame = {
        "at_s": 0,
        "id": "ble:1",
        "device": "nonin_3230",
        "source": "0aad7ea0-0d60-11e2-8e3c-0002a5d5c51b",
    }
    path.write_text(json.dumps(frame | {"data": "0a041c0145000760004a"}) + "\n", encoding="utf-8")
    played = telecabine("devices", "replay", str(path))
    assert played.returncode == 0
    assert "spo2 96 %, pulse_rate 74 /min, perfusion_index 3.25 %" in played.stdout
    assert "rejected: 0" in played.stdout


def test_a_capture_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "capture.jsonl"
    for content, sentence in (("nonsense", "line 1"), (None, "No such file")):
        if content is None:
            path.unlink()
        else:
            path.write_text(content, encoding="utf-8")
        done = telecabine("devices", "replay", str(path))
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert sentence in done.stderr


def test_a_missing_configuration_is_one_sentence(tmp_path: Path) -> None:
    done = telecabine("--config", str(tmp_path / "absent.toml"), "selftest")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "absent.toml" in done.stderr


def test_a_pin_opens_with_itself_only() -> None:
    stored = hash_pin("4711")
    assert pin_matches("4711", stored)
    assert not pin_matches("4712", stored)
    assert not pin_matches("", "")
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert not pin_matches("4711", "4711")  # no hash at all


@pytest.mark.skipif(sys.platform != "linux", reason="BlueZ keeps the bonds")
def test_without_bluetooth_the_bonds_are_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus")
    done = telecabine("devices", "bonds")
    assert (done.returncode, done.stdout) == (2, "")
    assert "bluetooth_missing" in done.stderr and "Traceback" not in done.stderr


def test_a_unit_is_declared_and_forgotten_by_command(tmp_path: Path) -> None:
    path = tmp_path / "telecabine.toml"
    path.write_text(
        '[site]\nname = "TEST"\nfiness = "990000001"\norganization_id = "1990000001"\n'
        '[kiosk]\nid = "FE-ED-AB-EE-DE-AD-77-01"\nname = "Cabine 01"\ndata_dir = "data"\n'
        '[physician]\nrpps = "99900000011"\nfamily = "TEST-MEDECIN"\n'
        '[fhir]\nbase_url = "https://127.0.0.1/fhir"\n'
        '[devices]\nbluetooth = false\nunits = ["TH-0001"]\n'
    )

    def units(*options: str) -> tuple[int, str]:
        done = telecabine("--config", str(path), "devices", "units", *options)
        assert done.stderr.count("\n") == (0 if done.returncode == 0 else 1), done.stderr
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    assert units() == (0, "configured TH-0001")
    assert units("--ours", "c0:0b:00:00:00:01") == (0, "configured TH-0001 declared C0:0B:00:00:00:01")
    assert units("--forget", "C0:0B:00:00:00:01") == (0, "configured TH-0001")
    assert units("--forget", "C0:0B:00:00:00:01")[0] == 2
    assert units("--ours", "BP-0001")[0] == 2, "a serial number belongs in the settings"
    (tmp_path / "data" / "units.json").write_text("[")
    code, said = units("--ours", "C0:0B:00:00:00:01")
    assert code == 2 and "units.json" in said
