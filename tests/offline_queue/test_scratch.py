"""Copies of the outbox lie nowhere for long, also when the program that made one was killed."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from offline_queue.scratch import scratch

_COPIES = """
import time
from offline_queue.scratch import scratch
with scratch() as folder:
    (folder / "outbox.db").write_bytes(b"sealed")
    print(folder, flush=True)
    time.sleep(60)
"""


def test_what_a_killed_program_left_goes_and_what_another_uses_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed, running = (_copying(tmp_path) for _ in range(2))
    killed.kill()
    killed.wait()
    for folder in tmp_path.iterdir():
        os.utime(folder, (time.time() - 3600,) * 2)
    with scratch() as own:
        left = {folder for folder in tmp_path.iterdir() if folder != own}
    running.kill()
    running.wait()
    assert len(left) == 1, left
    assert not own.exists()


def _copying(place: Path) -> subprocess.Popen[str]:
    """Once it holds its folder."""
    environment = {**os.environ, "TMPDIR": str(place)}
    program = subprocess.Popen(
        [sys.executable, "-c", _COPIES], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert program.stdout is not None
    assert program.stdout.readline()
    program.stdout.close()
    return program
