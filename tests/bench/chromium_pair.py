"""The competitor in the call: Chromium as the kiosk, with the same content, sizes, rates and codecs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, Route

from kiosk.call import wire
from tests.bench.browsing import PROBE, browser, portrait_base64, until
from tests.fakes import pictures
from tests.fakes.call_content import oximetry
from tests.fakes.line_process import LineProcess, through

_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
_URL = "http://localhost/pair"  # a secure context; never leaves the browser
CANVAS_HZ = 30


def canvas_camera(rate_hz: int = CANVAS_HZ) -> str:
    """Script: the page's camera is a drawn person under the time."""
    return f"bench.replaceCamera('{portrait_base64()}', {rate_hz});"


def film(path: Path) -> Path:
    """What the simulated face camera sees, as Motion JPEG for Chromium's fake camera."""
    frames = (pictures.encode_jpeg(pictures.portrait(i)) for i in range(pictures.LOOP_FRAMES))
    path.write_bytes(b"".join(frames))
    return path


@dataclass(frozen=True, slots=True)
class Pair:
    """Two connected pages: `kiosk` sends two pictures, `physician` one."""

    kiosk: Page
    physician: Page


@dataclass(frozen=True, slots=True)
class PairOptions:
    """`codec` "h264": as the physician's page prefers it; "": Chromium's own order (VP8 first).

    `shown` False: the kiosk's side decodes but paints nothing, as a call engine without screens.
    """

    codec: str = "h264"
    shown: bool = True
    watched: bool = True
    width: int = 640
    height: int = 480
    rate_hz: int = CANVAS_HZ

    def script(self, shown: bool) -> str:
        names = {"codec": self.codec, "shown": shown, "watched": self.watched}
        sizes = {"width": self.width, "height": self.height, "rate": self.rate_hz}
        return (
            f"bench.pair = {json.dumps(names | sizes)}; bench.reading = {wire.reading(oximetry(), 1, False)};"
        )


@dataclass(frozen=True, slots=True)
class Files:
    """What Chromium's simulated devices play; None: its own pattern and beep, or a canvas as the camera."""

    film: Path | None = None
    voice: Path | None = None

    def flags(self) -> tuple[str, ...]:
        film = (f"--use-file-for-fake-video-capture={self.film}",) if self.film else ()
        return (*film, *((f"--use-file-for-fake-audio-capture={self.voice}",) if self.voice else ()))


@contextmanager
def pair(
    playwright: Playwright,
    files: Files,
    options: PairOptions = PairOptions(),
    line: LineProcess | None = None,
    script: str = "",
) -> Iterator[Pair]:
    """Browsers "pair-kiosk" and "pair-physician". With a film the kiosk's camera plays it, without a time.

    `script` is put into both pages; only into the physician's when nothing is shown at the kiosk's. With a
    `line` all media between them take it.
    """
    with (
        browser(playwright, "pair-kiosk", *files.flags()) as kiosk_browser,
        browser(playwright, "pair-physician", *Files(voice=files.voice).flags()) as physician_browser,
    ):
        camera = "" if files.film else canvas_camera(options.rate_hz)
        own = options.script(options.shown) + camera + (script if options.shown else "")
        kiosk = _open(kiosk_browser, own)
        visitor = options.script(True) + canvas_camera(options.rate_hz) + script
        physician = _open(physician_browser, visitor, line)
        answer = kiosk.evaluate("sdp => answer(sdp)", physician.evaluate("offer()"))
        physician.evaluate("sdp => accept(sdp)", answer)
        for page in (kiosk, physician):
            until(page, "bench.pictures().then((counts) => counts.length > 0 && counts.every((n) => n > 10))")
        yield Pair(kiosk, physician)


def _open(running: Browser, script: str, line: LineProcess | None = None) -> Page:
    context = running.new_context(
        permissions=["camera", "microphone"], viewport={"width": 1366, "height": 768}
    )
    page = context.new_page()

    def serve(route: Route) -> None:
        route.fulfill(body="<!doctype html><title>pair</title><body>", content_type="text/html")

    page.route(_URL, serve)
    if line is not None:
        through(page, line)
    page.add_init_script(f"{PROBE}bench.watchConnections();{script}")
    page.goto(_URL)
    page.add_script_tag(content=f"{{{_SCRIPT}}}")
    return page
