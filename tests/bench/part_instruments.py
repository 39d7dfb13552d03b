"""Instruments: from the wire to the hub's door, what the drivers cost, and hours without growth of memory.

The kiosk's own drivers run in one process, the simulators in others: a Contec and a Nonin on ptys, three
Bluetooth instruments behind a simulated org.bluez, two cameras at rest, a sound server. No competitor: nobody
publishes such figures. Aims: an idle kiosk's drivers <= 2 % of a core; no slope.
"""

import json
import os
import signal
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import psutil

from tests.bench import instrument_hours
from tests.bench.bench_stage import BenchStage
from tests.bench.part_wire import _left_at
from tests.bench.quiet import wait_for_quiet
from tests.bench.report import MS_HEAD, ms_row, summary, table
from tests.bench.talking import Said
from tests.demo.processes import Process, python

MEASURE_S, SETTLE_S = 40.0, 8.0
IDLE_AIM = 0.02
_OLDEST_S = 2.0  # the Nonin's wave counts to 200 in 2.7 s


class DriverStage(BenchStage):
    """Simulators only: no kiosk, no server of records."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, "", barcode=False)
        self._doors = 0

    def __enter__(self) -> Self:
        self.instruments = self._simulator("instruments")
        self.media = self._simulator("media")
        xpod = "tests.bench.stamped_xpod", "--stamps", str(self.directory / "xpod.jsonl")
        self._xpod_pid = int(str(self._start("xpod", *xpod)["pid"]))
        return self

    def take_fingers_out(self) -> None:
        self.instruments.do("finger_out")
        self.instruments.do("oximeter_finger_out")
        os.kill(self._xpod_pid, signal.SIGUSR1)

    def door(self, *arguments: str) -> Process:
        self._doors += 1
        door = Process(
            f"door{self._doors}", python("tests.bench.hub_door", *arguments), self.directory, self._env
        )
        self._stack.callback(door.stop)
        return door

    def said(self, file: Path) -> list[Said]:
        lines = file.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


def run(measure_s: float = MEASURE_S, hours: float = instrument_hours.HOURS) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="telecabine-instruments-") as scratch:
        idle = wait_for_quiet(5.0)
        with DriverStage(Path(scratch)) as stage:
            cpu = {"streaming": _cost(stage, measure_s)}
            times = _latencies(stage, measure_s)
            stage.take_fingers_out()
            cpu["nobody_measured"] = _cost(stage, measure_s)
            stage.instruments.do("silence")
            cpu["contec_silent"] = _cost(stage, measure_s)
    return {
        "idle_before": idle,
        "measured_s": measure_s,
        "cpu_cores": cpu,
        "summary_ms": {name: summary(values) for name, values in times.items() if values},
        "samples_ms": times,
        "memory": instrument_hours.run(hours),
    }


def _cost(stage: DriverStage, measure_s: float) -> float:
    """Cores that the drivers use."""
    door = stage.door("--quiet")
    time.sleep(SETTLE_S)
    process = psutil.Process(door.pid)
    before_s, began_s = sum(process.cpu_times()[:2]), time.monotonic()
    time.sleep(measure_s)
    used_s = sum(process.cpu_times()[:2]) - before_s
    lasted_s = time.monotonic() - began_s
    door.stop()
    return round(used_s / lasted_s, 4)


def _latencies(stage: DriverStage, measure_s: float) -> dict[str, list[float]]:
    door = stage.door()
    time.sleep(SETTLE_S + measure_s)
    door.stop()
    arrived, stamps = stage.said(door.log), stage.stamped()
    samples = stage.said(stage.directory / "xpod.jsonl")
    readings = [line for line in arrived if "values" in line]
    contec = [(r["t"], _left_at(r, "contec", stamps)) for r in readings if r["device"] == "contec_cms50_v7"]
    sig = [(r["t"], _left_at(r, "sig", stamps)) for r in readings if r["device"] == "sig_pulse_oximeter"]
    chunks = [line for line in arrived if line["device"] == "nonin_xpod" and "last" in line]
    nonin = [(chunk["t"], _sample_left_at(chunk, samples)) for chunk in chunks]
    pairs = {"contec_reading": contec, "nonin_wave": nonin, "sig_reading": sig}
    return {name: [round((t - left) * 1000, 2) for t, left in p if left] for name, p in pairs.items()}


def _sample_left_at(chunk: Said, samples: list[Said]) -> float | None:
    sent = [s["t"] for s in samples if s["last"] == chunk["last"] and 0 <= chunk["t"] - s["t"] < _OLDEST_S]
    return max(sent, default=None)


def show(result: dict[str, Any]) -> str:
    named = {
        "contec_reading": "Contec, serial: new values to the hub",
        "nonin_wave": "Nonin, serial: last sample of a chunk to the hub",
        "sig_reading": "oximeter, Bluetooth: new values to the hub",
    }
    rows = [ms_row(named[name], values) for name, values in result["samples_ms"].items() if values]
    cpu = [(name.replace("_", " "), f"{cores:.3f}") for name, cores in result["cpu_cores"].items()]
    return "\n".join((
        table("Wire to the hub's door", MS_HEAD, rows),
        table(f"Processor of the drivers (aim when idle <= {IDLE_AIM})", ("", "cores"), cpu),
        _memory(result["memory"]),
    ))  # fmt: skip


def _memory(memory: dict[str, Any]) -> str:
    slopes = (("memory blocks", "blocks_an_hour"), ("resident memory, KB", "rss_kb_an_hour"))
    rows = [(name, *(f"{memory[key][part]:.1f}" for part in ("slope", "error"))) for name, key in slopes]
    fed = f"{memory['hours']:g} simulated hours, {memory['readings']:,} readings"
    return table(f"{memory['devices']} decoders, {fed}", ("growth an hour", "slope", "+-"), rows)
