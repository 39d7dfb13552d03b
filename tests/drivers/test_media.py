"""The demo's media process: starts, says what to set, obeys, and leaves nothing behind."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.fakes import usb_bus

ROOT = Path(__file__).parents[2]


@contextmanager
def media(control: Path) -> Iterator[dict[str, str]]:
    usb_bus.require_private_namespace()
    command = [sys.executable, "-m", "tests.fakes.media", "--control", str(control)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()
    assert process.returncode == 0


def ask(control: Path, **command: str) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(control))
        line.sendall(json.dumps(command).encode() + b"\n")
        answer: dict[str, Any] = json.loads(line.makefile().readline())
        return answer


def test_media_process_obeys_and_cleans_up(tmp_path: Path) -> None:
    control = tmp_path / "media.sock"
    with media(control) as environment:
        assert set(environment) == {"LD_PRELOAD", "TELECABINE_V4L2_DIR", "PULSE_SERVER"}
        heard = {**os.environ, "PULSE_SERVER": environment["PULSE_SERVER"]}
        sources = ["pactl", "list", "short", "sources"]
        assert "usb_stethoscope" in subprocess.check_output(sources, env=heard, text=True)
        assert Path("/dev/video4").exists() and Path("/dev/video2").exists()
        assert ask(control, do="unplug_camera")["cameras"]["otoscope"]["plugged"] is False
        assert not Path("/dev/video4").exists() and Path("/dev/video2").exists()
        assert ask(control, do="plug_camera")["ok"]
        assert ask(control, do="unplug_camera", camera="face")["cameras"]["otoscope"]["plugged"] is True
        assert not Path("/dev/video2").exists()
        assert ask(control, do="remove_stethoscope")["played_s"]["chest"] > 0
        assert "usb_stethoscope" not in subprocess.check_output(sources, env=heard, text=True)
        assert ask(control, do="restore_stethoscope")["ok"]
        assert ask(control, do="dance")["ok"] is False
    assert not control.exists() and not Path("/dev/video4").exists()
    assert not Path(environment["TELECABINE_V4L2_DIR"]).exists()
