"""The whole kiosk in a call: VGA at 30 Hz, two pictures out, one in, sound both ways. And Chromium, in turns.

Part `call` compares call engines on good and bad lines; this one adds everything else that a kiosk does
meanwhile (cameras, screens, record), and the age of the picture on its true screen.

CPU: the kiosk's whole process (cameras, call, screens, record) with and without a physician, against all
processes of a Chromium that does the same sending and receiving in one page. Latency: the time stands as a
barcode in the picture, written when the simulated camera takes it or the canvas is drawn, read when the
other side shows it (requestVideoFrameCallback in Chromium, the X server's memory for the kiosk's screen).
Qt loop: how late a 10 ms timer in the kiosk's GUI thread comes, beside that of an empty PySide6 window.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Page, Playwright, sync_playwright

from tests.bench.bench_stage import BenchStage
from tests.bench.browsing import browser, cpu_s, join, open_page, root_process, until
from tests.bench.chromium_pair import Files, canvas_camera, film, pair
from tests.bench.picture_age import PictureAge
from tests.bench.quiet import wait_for_quiet
from tests.bench.report import MS_HEAD, median, ms_row, ratio, summary, table
from tests.bench.talking import Talking
from tests.bench.xvfb import XScreen, x_screen

ROUNDS = 2
MEASURE_S = 15.0
SETTLE_S = 6.0
_OLDEST_MS = 5000.0
_WATCH = (
    "bench.watchConnections(); addEventListener('DOMContentLoaded', () => {"
    "bench.watchVideo('face', document.getElementById('patient'));"
    "bench.watchVideo('second', document.getElementById('otoscope')); });"
)


@dataclass(slots=True)
class Gathered:
    """All rounds of one run. Cores: 1.0 is one busy core. `tracks` describes the pictures that arrived.

    `idle` is the share of the machine that was free before each measurement.
    """

    cores: dict[str, list[float]] = field(default_factory=dict)
    ages_ms: dict[str, list[float]] = field(default_factory=dict)
    gaps_ms: dict[str, list[float]] = field(default_factory=dict)
    tracks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    idle: list[float] = field(default_factory=list)

    def cpu(self, name: str, process: psutil.Process, work: Callable[[], None]) -> None:
        """How many cores `process` keeps busy while `work` lasts."""
        before, began = cpu_s(process), time.perf_counter()
        work()
        took_s = time.perf_counter() - began
        self.cores.setdefault(name, []).append(round((cpu_s(process) - before) / took_s, 3))

    def ages(self, name: str, ages_ms: list[float]) -> None:
        """Absurd ages are codes that could not be read: left out."""
        good = [round(age, 2) for age in ages_ms if 0 <= age < _OLDEST_MS]
        self.ages_ms.setdefault(name, []).extend(good)


def run(rounds: int = ROUNDS, measure_s: float = MEASURE_S) -> dict[str, Any]:
    found = Gathered()
    with tempfile.TemporaryDirectory(prefix="telecabine-call-") as scratch, sync_playwright() as playwright:
        loop = film(Path(scratch) / "film.mjpeg")
        for number in range(rounds):
            folder = Path(scratch) / str(number)
            folder.mkdir()
            found.idle.append(wait_for_quiet())
            _kiosk_round(found, playwright, folder, measure_s)
            found.idle.append(wait_for_quiet())
            _chromium_round(found, playwright, loop, measure_s)
    return _judged(found, rounds, measure_s)


def _kiosk_round(found: Gathered, playwright: Playwright, folder: Path, measure_s: float) -> None:
    with x_screen() as screen, BenchStage(folder, screen.display, barcode=True) as stage:
        bare, kiosk = stage.bare_window(), stage.probed_kiosk()
        link = kiosk.wait_for("link")["link"]
        time.sleep(SETTLE_S)
        process = psutil.Process(kiosk.pid)
        found.cpu("kiosk_waiting", process, lambda: time.sleep(measure_s))
        with browser(playwright, "physician") as running:
            page = open_page(running, link, canvas_camera() + _WATCH)
            join(page)
            until(page, "(bench.ages.second ?? []).length > 10")
            page.wait_for_timeout(SETTLE_S * 1000)
            _measure_kiosk(found, page, screen, kiosk, bare, process, measure_s)


def _measure_kiosk(
    found: Gathered, page: Page, screen: XScreen, kiosk: Talking, bare: Talking, process: psutil.Process,
    measure_s: float,
) -> None:  # fmt: skip
    place = {key: kiosk.of("picture")[-1][key] for key in ("x", "y", "width", "height")}
    began = time.time()
    before = page.evaluate("bench.incoming(bench.connections.at(-1))")
    with PictureAge(screen, **place) as age:
        found.cpu("kiosk", process, lambda: page.wait_for_timeout(measure_s * 1000))
    _note_tracks(found, "kiosk", before, page.evaluate("bench.incoming(bench.connections.at(-1))"), measure_s)
    found.ages("physician_to_kiosk", age.ages_ms)
    found.ages("kiosk_to_physician", _ages_since(page, "face", began))
    found.ages("kiosk_to_physician_otoscope", _ages_since(page, "second", began))
    cameras = [line for line in kiosk.of("camera") if line["t"] > began + 2]
    found.ages("camera_to_kiosk", [age for line in cameras for age in line["ages_ms"]])
    for name, child in (("kiosk", kiosk), ("bare_window", bare)):
        child.check_alive()
        said = [line for line in child.of("gaps") if line["t"] > began + 1]
        found.gaps_ms.setdefault(name, []).extend(gap for line in said for gap in line["all_ms"])


def _chromium_round(found: Gathered, playwright: Playwright, loop: Path, measure_s: float) -> None:
    with pair(playwright, Files(loop)) as pages:
        pages.physician.wait_for_timeout(SETTLE_S * 1000)
        before = pages.physician.evaluate("incoming()")
        process = root_process("pair-kiosk")
        found.cpu("chromium", process, lambda: pages.physician.wait_for_timeout(measure_s * 1000))
        _note_tracks(found, "chromium", before, pages.physician.evaluate("incoming()"), measure_s)
    with pair(playwright, Files()) as pages:
        pages.physician.wait_for_timeout(SETTLE_S * 1000)
        began = time.time()
        pages.physician.wait_for_timeout(measure_s * 1000)
        found.ages("chromium_to_physician", _ages_since(pages.physician, "face", began))
        found.ages("physician_to_chromium", _ages_since(pages.kiosk, "face", began))


def _ages_since(page: Page, name: str, began_s: float) -> list[float]:
    return [age for at, age in page.evaluate(f"bench.ages.{name}") if at >= began_s * 1000]


def _note_tracks(
    found: Gathered, name: str, before: list[dict[str, Any]], after: list[dict[str, Any]], measure_s: float
) -> None:
    """Pictures a second and kbit/s of each video track that arrived at the physician's side."""
    earlier = {track["mid"]: track for track in before}
    found.tracks.setdefault(name, []).extend(
        {
            "mid": track["mid"], "codec": track["codec"], "width": track["width"], "height": track["height"],
            "rate_hz": round((track["frames"] - earlier[track["mid"]]["frames"]) / measure_s, 1),
            "kbit_s": round((track["bytes"] - earlier[track["mid"]]["bytes"]) * 8 / 1000 / measure_s),
        }
        for track in sorted(after, key=lambda track: str(track["mid"]))
        if track["kind"] == "video" and track["mid"] in earlier
    )  # fmt: skip


def _judged(found: Gathered, rounds: int, measure_s: float) -> dict[str, Any]:
    cores = {name: median(values) for name, values in found.cores.items()}
    return {
        "rounds": rounds,
        "measured_s": measure_s,
        "idle_before_each": found.idle,
        "cores_median": cores,
        "cores_samples": found.cores,
        "cores_call_alone": round(cores["kiosk"] - cores["kiosk_waiting"], 3),
        "cpu_ratio_whole_process": ratio(cores["kiosk"], cores["chromium"]),
        "tracks": found.tracks,
        "latency_ms": {name: summary(values) for name, values in found.ages_ms.items()},
        "qt_gap_ms": {name: summary(values) for name, values in found.gaps_ms.items()},
        "latency_samples_ms": found.ages_ms,
    }


def show(result: dict[str, Any]) -> str:
    cores = result["cores_median"]
    cpu = [
        ("kiosk in the call, whole process", f"{cores['kiosk']:.2f}"),
        ("kiosk waiting for the physician (patient's camera and screens)", f"{cores['kiosk_waiting']:.2f}"),
        ("Chromium, same call, all processes", f"{cores['chromium']:.2f}"),
        ("ratio kiosk / Chromium", f"{result['cpu_ratio_whole_process']:.2f}"),
    ]
    tracks = [
        (f"{name}, picture {track['mid']}", track["codec"], f"{track['width']}x{track['height']}",
         f"{track['rate_hz']:.0f}", str(track["kbit_s"]))
        for name, found in result["tracks"].items() for track in found
    ]  # fmt: skip
    rows = [_gap_row(name, values) for name, values in result["qt_gap_ms"].items()]
    return "\n".join((
        table("CPU (cores)", ("", "cores"), cpu),
        table("What reached the physician", ("", "codec", "size", "Hz", "kbit/s"), tracks),
        table("Age of the picture when shown", MS_HEAD,
              [ms_row(name, values) for name, values in result["latency_samples_ms"].items()]),
        table("How late the Qt loop came round", MS_HEAD, rows),
    ))  # fmt: skip


def _gap_row(name: str, values: dict[str, float]) -> tuple[str, ...]:
    return (name, str(values["count"]), *(f"{values[key]:.1f}" for key in ("p50", "p95", "p99", "max")))
