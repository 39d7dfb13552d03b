"""The physician: real Chromium with its fake camera and microphone, on the link that the kiosk shows."""

import time
from pathlib import Path
from types import TracebackType

from playwright.sync_api import Page, sync_playwright

from tests.demo.processes import DemoError
from tests.fakes.chromium import launch

CONNECT_S = 60.0


class Physician:
    """One browser window. Use as a context manager."""

    def __init__(self, link: str) -> None:
        self._link = link

    def __enter__(self) -> "Physician":
        self._playwright = sync_playwright().start()
        self._browser = launch(self._playwright)
        context = self._browser.new_context(
            ignore_https_errors=True,
            viewport={"width": 1366, "height": 768},
            permissions=["camera", "microphone"],
        )
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(self._link)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._browser.close()
        self._playwright.stop()

    def join(self) -> None:
        self.page.get_by_test_id("join").click()
        self.wait_for("connected")

    def wait_for(self, state: str, timeout_s: float = CONNECT_S) -> None:
        """Until the page is in this state."""
        self.page.wait_for_selector(f'body[data-state="{state}"]', timeout=timeout_s * 1000)

    @property
    def state(self) -> str:
        return str(self.page.evaluate("document.body.dataset.state"))

    @property
    def words(self) -> str:
        return self.page.get_by_test_id("words").inner_text()

    def seen(self) -> dict[str, str]:
        """Every reading the page holds: id to kind."""
        rows: dict[str, str] = self.page.evaluate(
            "Object.fromEntries([...document.querySelectorAll('[data-testid=history-row]')]"
            ".map(row => [row.dataset.readingId, row.dataset.kind]))"
        )
        return rows

    def wait_for_reading(self, kind: str, known: set[str], timeout_s: float = 60.0) -> None:
        """Until a reading of this kind is there that was not known before."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if any(k == kind and i not in known for i, k in self.seen().items()):
                return
            self.page.wait_for_timeout(200)
        raise DemoError(f"no reading of the {kind} reached the physician's page within {timeout_s:.0f} s")

    def wait_for_frames(self, test_id: str, wanted: int, timeout_s: float = 30.0) -> None:
        """Until a video element has painted so many pictures."""
        video = self.page.get_by_test_id(test_id)
        deadline = time.monotonic() + timeout_s
        while int(video.evaluate("v => v.getVideoPlaybackQuality().totalVideoFrames")) < wanted:
            if time.monotonic() > deadline:
                raise DemoError(f"{test_id} does not move on the physician's page")
            self.page.wait_for_timeout(200)

    def picture(self, path: Path) -> None:
        self.page.screenshot(path=path)
