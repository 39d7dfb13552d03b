"""One call over a simulated line, by this kiosk or by Chromium, and what a case may ask of it."""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Page, Playwright

from tests.bench.browsing import PROBE, browser, join, root_process, until
from tests.bench.call_content import Format, wav, y4m
from tests.bench.chromium_pair import Files, PairOptions, canvas_camera, pair
from tests.bench.talking import Talking
from tests.fakes.line_process import LineProcess, line_process, through

_PROBE = Path(__file__).with_name("call_probe.js").read_text(encoding="utf-8")
_ROOT = Path(__file__).parents[2]
Sums = dict[str, dict[str, Any]]
Seen = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Setting:
    """What one case needs. `watched`: the age of every picture; `sample_ms`: how often statistics are read.

    `ping_ms`: how often the bench asks for an answer by the data channel; each takes 1,800 bit of the line.

    `codec` is Chromium's; this kiosk's page always asks for H264 first.
    """

    shape: Format
    watched: bool = False
    sample_ms: int = 100
    ping_ms: int = 250
    codec: str = ""
    turn: str = ""  # "udp", "tcp", "tls": by a relay, after one that is dead (this kiosk only)
    bare: bool = False  # Chromium's kiosk side neither paints nor measures: for its processor time


@dataclass(slots=True)
class Talk:
    """A running call. Times are ms of the wall clock, m-sections "0" voice, "1" face, "2" otoscope."""

    side: str
    page: Page
    line: LineProcess
    process: psutil.Process
    kiosk_page: Page | None = None
    engine: Talking | None = None
    joined_s: float = 0.0  # from the physician's click to "connected"; this kiosk only

    def wait(self, seconds: float) -> None:
        self.page.wait_for_timeout(seconds * 1000)
        if self.engine is not None:
            self.engine.check_alive()

    def sums(self) -> Sums:
        found: Sums = self.page.evaluate("structuredClone(bench.sums)")
        return found

    def noted_since(self, name: str, began_ms: float) -> list[list[float]]:
        """Entries of one of the probe's lists, whose first number is a time."""
        found: list[list[float]] = self.page.evaluate(
            "([name, began]) => bench[name].filter(([at]) => at >= began)", [name, began_ms]
        )
        return found

    def ages_since(self, name: str, began_ms: float) -> list[float]:
        pairs: list[list[float]] = self.page.evaluate("(name) => bench.ages[name] ?? []", name)
        return [age for at, age in pairs if at >= began_ms]

    def connections(self) -> int:
        return int(self.page.evaluate("bench.connections.length"))

    def inward(self, began_ms: float) -> Seen:
        """When each picture of the physician was there for the kiosk, and its age (0 where not measured)."""
        if self.engine is not None:
            lines = self.engine.of("inward")
            pairs = [pair for line in lines for pair in line["pictures"]]
        else:
            assert self.kiosk_page is not None
            pairs = self.kiosk_page.evaluate("bench.ages.face ?? bench.moved.filter(([, mid]) => mid === 1)")
        return [(at, float(age)) for at, age in pairs if at >= began_ms]

    def inward_sounds(self, began_ms: float) -> list[float]:
        """When the physician's voice was heard at the kiosk."""
        if self.engine is not None:
            heard = [at for line in self.engine.of("inward") for at in line["loud_at"]]
        else:
            assert self.kiosk_page is not None
            heard = [at for at, mid in self.kiosk_page.evaluate("bench.sounds") if mid == 0]
        return [at for at in heard if at >= began_ms]

    def inward_voice(self) -> dict[str, float]:
        """Of the physician's voice at the kiosk: seconds that came out, and how many of them are guessed."""
        if self.engine is not None:
            lines = self.engine.of("inward")
            told = self.engine.of("voice")
            guessed = {"guessed_s": told[-1]["plc_s"]} if told else {}
            return {"played_s": lines[-1]["sound_s"] if lines else 0.0, **guessed}
        assert self.kiosk_page is not None
        sum_ = self.kiosk_page.evaluate("bench.sums['0'] ?? null")
        total, concealed = (sum_["totalSamplesReceived"], sum_["concealedSamples"]) if sum_ else (0, 0)
        return {"played_s": total / 48_000, "guessed_s": concealed / 48_000}


@contextmanager
def kiosk_talk(playwright: Playwright, setting: Setting) -> Iterator[Talk]:
    """This kiosk's engine, with the physician's page of this program."""
    with tempfile.TemporaryDirectory(prefix="telecabine-call-") as scratch:
        folder = Path(scratch)
        with line_process(folder / "line") as line, _engine(folder, setting) as engine:
            link = _meet(engine, line)
            files = Files(voice=wav(folder / "voice.wav"))
            # WebRTC verifies a relay by the browser's own list; the kiosk's side verifies in earnest.
            trusting = ("--ignore-certificate-errors",) if setting.turn else ()
            with browser(playwright, "physician", *files.flags(), *trusting) as running:
                context = running.new_context(
                    ignore_https_errors=True,
                    viewport={"width": 1366, "height": 768},
                    permissions=["camera", "microphone"],
                )
                page = context.new_page()
                through(page, line)
                watch = _WATCH if setting.watched else ""
                page.add_init_script(
                    f"{PROBE}bench.watchConnections();{_script(setting)}{watch}{canvas_camera(setting.shape.rate_hz)}"
                )
                page.goto(link)
                began_s = time.monotonic()
                join(page)
                joined_s = round(time.monotonic() - began_s, 2)
                until(page, "bench.pictures().then((n) => n.length > 1 && n.every((each) => each > 10))")
                yield Talk("kiosk", page, line, psutil.Process(engine.pid), engine=engine, joined_s=joined_s)


_WATCH = (
    "addEventListener('DOMContentLoaded', () => {"
    "bench.watchVideo('face', document.getElementById('patient'));"
    "bench.watchVideo('second', document.getElementById('otoscope')); });"
)


def _script(setting: Setting) -> str:
    return f"{_PROBE}bench.ping({setting.ping_ms});bench.sample({setting.sample_ms});"


@contextmanager
def _engine(folder: Path, setting: Setting) -> Iterator[Talking]:
    shape = setting.shape
    size = (f"--width={shape.width}", f"--height={shape.height}", f"--rate={shape.rate_hz}")
    command = [sys.executable, "-m", "tests.bench.call_engine", *size]
    barcode = ("--barcode",) if shape.barcode else ()
    turn = (f"--turn={setting.turn}",) if setting.turn else ()
    engine = Talking([*command, *barcode, *turn], folder / "engine.log", {})
    try:
        yield engine
    finally:
        engine.hang_up()


def _meet(engine: Talking, line: LineProcess) -> str:
    """Both the kiosk's and the page's way to the rendezvous take the line. Returns the physician's link."""
    port = engine.wait_for("rendezvous")["port"]
    ways = {
        "page_port": line.tcp("127.0.0.1", port, "physician"),
        "kiosk_port": line.tcp("127.0.0.1", port, "kiosk"),
    }
    engine.tell(json.dumps(ways))
    return str(engine.wait_for("link")["link"])


@contextmanager
def chromium_talk(playwright: Playwright, setting: Setting) -> Iterator[Talk]:
    """Chromium with Chromium."""
    shape = setting.shape
    options = PairOptions(
        setting.codec, not setting.bare, setting.watched, shape.width, shape.height, shape.rate_hz
    )
    with tempfile.TemporaryDirectory(prefix="telecabine-pair-") as scratch:
        folder = Path(scratch)
        film = None if shape.barcode else y4m(folder / "film.y4m", shape)
        files = Files(film, wav(folder / "voice.wav"))
        with (
            line_process(folder / "line") as line,
            pair(playwright, files, options, line, _script(setting)) as pages,
        ):
            process = root_process("pair-kiosk")
            yield Talk("chromium", pages.physician, line, process, kiosk_page=pages.kiosk)


def talk(side: str, playwright: Playwright, setting: Setting) -> AbstractContextManager[Talk]:
    return (kiosk_talk if side == "kiosk" else chromium_talk)(playwright, setting)


def now_ms() -> float:
    return time.time() * 1000
