"""The competitor in the call: Chromium as the kiosk, with the same content, sizes, rates and codecs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, Route

from tests.bench.browsing import PROBE, browser, portrait_base64, until
from tests.fakes import pictures

_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
_URL = "http://localhost/pair"  # a secure context; never leaves the browser
CANVAS_HZ = 30


def canvas_camera() -> str:
    """Script: the page's camera is a drawn person under the time."""
    return f"bench.replaceCamera('{portrait_base64()}', {CANVAS_HZ});"


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


@contextmanager
def pair(playwright: Playwright, kiosk_film: Path | None) -> Iterator[Pair]:
    """Browsers "pair-kiosk" and "pair-physician". With a film the kiosk's camera plays it, without a time."""
    fake = (f"--use-file-for-fake-video-capture={kiosk_film}",) if kiosk_film else ()
    with (
        browser(playwright, "pair-kiosk", *fake) as kiosk_browser,
        browser(playwright, "pair-physician") as physician_browser,
    ):
        kiosk = _open(kiosk_browser, "" if kiosk_film else canvas_camera())
        physician = _open(physician_browser, canvas_camera())
        answer = kiosk.evaluate("sdp => answer(sdp)", physician.evaluate("offer()"))
        physician.evaluate("sdp => accept(sdp)", answer)
        for page, name in ((kiosk, "face"), (physician, "face"), (physician, "second")):
            until(page, f"(bench.ages['{name}'] ?? []).length > 10")
        yield Pair(kiosk, physician)


def _open(running: Browser, camera: str) -> Page:
    context = running.new_context(
        permissions=["camera", "microphone"], viewport={"width": 1366, "height": 768}
    )
    page = context.new_page()

    def serve(route: Route) -> None:
        route.fulfill(body="<!doctype html><title>pair</title><body>", content_type="text/html")

    page.route(_URL, serve)
    page.add_init_script(PROBE + camera)
    page.goto(_URL)
    page.add_script_tag(content=f"{{{_SCRIPT}}}")
    return page
