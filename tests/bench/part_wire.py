"""From an instrument's wire to the disk and to the physician's screen, during a whole call on one machine.

Beside it, in the same browser and under the same load: a bare loopback WebSocket whose text is painted the
same way. Both are painted in an animation frame, and timed by a message that is delivered after that frame.
A Contec packet ends when the next one begins, 16.7 ms later at 60 a second: this is part of our figures.
"""

import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.bench.bare_socket import bare_socket
from tests.bench.bench_stage import BenchStage
from tests.bench.browsing import PROBE, browser, join, open_page
from tests.bench.quiet import wait_for_quiet
from tests.bench.report import MS_HEAD, ms_row, ratio, summary, table
from tests.bench.talking import Said, Talking
from tests.bench.xvfb import x_screen

MEASURE_S = 90.0
SETTLE_S = 10.0
NAMES = {"contec": "contec_cms50_v7", "sig": "sig_pulse_oximeter"}
_OLDEST_S = 5.0  # a script of the simulators repeats itself later than this

Times = dict[str, list[float]]


def run(measure_s: float = MEASURE_S) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="telecabine-wire-") as scratch, x_screen() as screen:
        idle = wait_for_quiet()
        times = _measure(Path(scratch), screen.display, measure_s)
    return {
        "measured_s": measure_s,
        "idle_before": idle,
        "summary_ms": {name: summary(values) for name, values in times.items()},
        "screen_to_bare_socket": {
            name: ratio(summary(times[f"{name}_to_screen"])["p50"], summary(times["bare_socket"])["p50"])
            for name in NAMES
        },
        "samples_ms": times,
    }


def _measure(folder: Path, display: str, measure_s: float) -> Times:
    with BenchStage(folder, display, barcode=False) as stage:
        return _watch(stage.probed_kiosk(), stage, measure_s)


def _watch(kiosk: Talking, stage: BenchStage, measure_s: float) -> Times:
    link = kiosk.wait_for("link")["link"]
    with sync_playwright() as playwright, browser(playwright, "wire") as running, bare_socket() as bare:
        page = open_page(running, link, "bench.watchRows(); bench.watchChannels();")
        join(page)
        other = running.new_page()
        other.add_init_script(PROBE)
        other.goto(bare.url)
        page.wait_for_timeout(SETTLE_S * 1000)
        began = page.evaluate("bench.now()") / 1000
        page.wait_for_timeout(measure_s * 1000)
        reached = {"page": _times(page, "received"), "screen": _times(page, "painted")}
        bare_painted = _times(other, "painted")
    kiosk.check_alive()
    shown = [line for line in kiosk.of("shown") if line["t"] >= began]
    sent = {name: at for name, at in bare.sent.items() if at >= began}
    bare_ms = [(bare_painted[name] - at) * 1000 for name, at in sent.items() if name in bare_painted]
    return {**_ours(shown, stage.stamped(), reached), "bare_socket": _rounded(bare_ms)}


def _times(page: Page, what: str) -> dict[str, float]:
    """Wall-clock seconds by reading, of its first time."""
    return {name: at / 1000 for name, at in reversed(page.evaluate(f"bench.{what}"))}


def _ours(shown: list[Said], stamps: list[Said], reached: dict[str, dict[str, float]]) -> Times:
    times: Times = {f"{name}_to_{end}": [] for name in NAMES for end in ("durable", *reached)}
    for reading in shown:
        name = next((n for n, key in NAMES.items() if reading["device"] == key), None)
        left = _left_at(reading, name, stamps)
        if name is None or left is None:
            continue
        times[f"{name}_to_durable"].append((reading["t"] - left) * 1000)
        for end, at in reached.items():
            if reading["id"] in at:
                times[f"{name}_to_{end}"].append((at[reading["id"]] - left) * 1000)
    return {name: _rounded(values) for name, values in times.items()}


def _left_at(reading: Said, name: str | None, stamps: list[Said]) -> float | None:
    """When the instrument sent these values: the last time before they were shown."""
    values = (reading["values"].get("spo2"), reading["values"].get("pulse_rate"))
    sent = [
        stamp["t"]
        for stamp in stamps
        if stamp["device"] == name
        and (str(stamp["spo2"]), str(stamp["pulse_rate"])) == values
        and 0 <= reading["t"] - stamp["t"] < _OLDEST_S
    ]
    return max(sent, default=None)


def _rounded(values: list[float]) -> list[float]:
    return [round(value, 2) for value in values]


def show(result: dict[str, Any]) -> str:
    names = {
        "contec_to_durable": "Contec, serial: wire to durable",
        "contec_to_page": "Contec, serial: wire to physician's browser",
        "contec_to_screen": "Contec, serial: wire to physician's screen",
        "sig_to_durable": "oximeter, Bluetooth: wire to durable",
        "sig_to_page": "oximeter, Bluetooth: wire to physician's browser",
        "sig_to_screen": "oximeter, Bluetooth: wire to physician's screen",
        "bare_socket": "bare loopback WebSocket to screen",
    }
    rows = [ms_row(text, result["samples_ms"][name]) for name, text in names.items()]
    return table("From the wire", MS_HEAD, rows)
