"""Start of the real kiosk to its first painted screen, against the smallest PySide6 window, turn by turn.

From just before the process is created until READY=1 reaches NOTIFY_SOCKET, which both send once the event
loop comes round after the first paint. The kiosk's message is sent after it has also begun to load the rest.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.quiet import wait_for_quiet
from tests.bench.report import median, ratio, table
from tests.bench.xvfb import x_screen

ROUNDS = 12
WARM_UP = 2
AIM = 1.5
_PATIENCE_S = 30.0
_CONFIG = """\
[site]
name = "Pharmacie de la Gare (TEST)"
finess = "990000001"
organization_id = "1990000001"
help_phone = "05 55 00 00 00"
[kiosk]
id = "FE-ED-AB-EE-DE-AD-77-01"
name = "Cabine 01"
data_dir = "data"
[physician]
rpps = "99900000011"
family = "TEST-MEDECIN"
[fhir]
base_url = "https://localhost:1/fhir"
[rendezvous]
port = 0
"""


def _first_paint_ms(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> float:
    path = folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(path))
        supervisor.settimeout(_PATIENCE_S)
        with (folder / "start.log").open("ab") as log:
            began = time.perf_counter()
            child = subprocess.Popen(
                command, env={**os.environ, **env, "NOTIFY_SOCKET": str(path)}, stdout=log, stderr=log
            )
        try:
            said = supervisor.recv(64)
            took_ms = (time.perf_counter() - began) * 1000
        finally:
            child.kill()
            child.wait()
            path.unlink()
    if said != b"READY=1":
        raise RuntimeError(f"unexpected notification {said!r} from {command}")
    return took_ms


def _kiosk(folder: Path) -> list[str]:
    config = folder / "telecabine.toml"
    config.write_text(_CONFIG, encoding="utf-8")
    return [sys.executable, "-m", "kiosk", "--config", str(config)]


def _alternate(env: Mapping[str, str], rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {"bare": [], "kiosk": []}
    for number in range(WARM_UP + rounds):
        order = ("bare", "kiosk") if number % 2 else ("kiosk", "bare")
        for name in order:
            with tempfile.TemporaryDirectory(prefix="telecabine-start-") as scratch:
                folder = Path(scratch)
                bare = [sys.executable, "-m", "tests.bench.bare_window"]
                command = bare if name == "bare" else _kiosk(folder)
                times[name].append(round(_first_paint_ms(command, folder, env), 1))
    return {name: values[WARM_UP:] for name, values in times.items()}


def run(rounds: int = ROUNDS) -> dict[str, Any]:
    idle = [wait_for_quiet()]
    with x_screen() as screen:
        on_x = _alternate({"QT_QPA_PLATFORM": "xcb", "DISPLAY": screen.display}, rounds)
    idle.append(wait_for_quiet())
    offscreen = _alternate({"QT_QPA_PLATFORM": "offscreen"}, rounds)
    return {
        "aim_ratio": AIM,
        "idle_before_each": idle,
        "platforms": {name: _judged(times) for name, times in (("xcb", on_x), ("offscreen", offscreen))},
    }


def _judged(times: dict[str, list[float]]) -> dict[str, Any]:
    kiosk, bare = median(times["kiosk"]), median(times["bare"])
    return {
        "kiosk_median_ms": kiosk,
        "bare_median_ms": bare,
        "ratio": ratio(kiosk, bare),
        "samples_ms": times,
    }


def show(result: dict[str, Any]) -> str:
    rows = [
        (name, f"{p['kiosk_median_ms']:.0f}", f"{p['bare_median_ms']:.0f}", f"{p['ratio']:.2f}")
        for name, p in result["platforms"].items()
    ]
    head = ("Qt platform", "kiosk ms", "bare PySide6 window ms", "ratio")
    return table(f"Process start to first painted screen, medians (aim <= {AIM})", head, rows)
