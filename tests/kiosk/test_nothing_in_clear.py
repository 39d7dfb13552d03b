"""After a session and a crash nothing about the patient is on the disk in any form that can be read."""

import base64
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.fhir_server import fhir_server
from tests.kiosk.planted import PLANTED

ROOT = Path(__file__).parents[2]


def forms(word: str) -> Iterator[bytes]:
    """As a program may write a text: plain, in other character sets, in hex, and in base64 at each offset."""
    plain = word.encode()
    yield from (plain, word.encode("utf-16-le"), word.encode("utf-16-be"), plain.hex().encode())
    for offset in range(3):
        yield base64.b64encode(bytes(offset) + plain)[4 if offset else 0 : -4]


def readable(folder: Path) -> list[str]:
    """Which planted word stands where."""
    searched = {word: tuple(forms(word)) for word in PLANTED}
    found = []
    for path in (path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes().lower()
        found += [
            f"{word} in {path.relative_to(folder)}"
            for word, ways in searched.items()
            if any(way.lower() in content for way in ways)
        ]
    return found


def test_nothing_about_the_patient_is_left_in_clear(tmp_path: Path) -> None:
    folder = tmp_path / "kiosk"
    (folder / "tmp").mkdir(parents=True)
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    environment = {**os.environ, "TMPDIR": str(folder / "tmp"), "HOME": str(folder)}
    with fhir_server(tmp_path / "server") as server:
        done = subprocess.run(
            [sys.executable, "-m", "tests.kiosk.planted", str(folder), server.url, str(server.ca)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            timeout=110,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (hard, hard)),
        )
        assert done.returncode == -signal.SIGABRT, done.stderr.decode()
        assert any(PLANTED[0] in str(patient) for patient in server.all("Patient")), "it was delivered"
    for name, said in (("stdout", done.stdout), ("stderr", done.stderr)):
        (folder / name).write_bytes(said)
    assert (folder / "kiosk.log").stat().st_size > 1000
    assert list((folder / "data" / "outbox").glob("outbox.log.*"))
    assert readable(folder) == []
    assert not list(folder.glob("core*"))


@pytest.mark.parametrize("form", range(7))
def test_the_scan_would_notice(tmp_path: Path, form: int) -> None:
    (tmp_path / "a").write_bytes(b"\0\1" + list(forms(PLANTED[0]))[form] + b"\2")
    assert readable(tmp_path)
