"""The physician's browser of the bench: the product's page in real Chromium, with the probe in front."""

import base64
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, Playwright

from tests.fakes import pictures
from tests.fakes.chromium import launch

PROBE = Path(__file__).with_name("page_probe.js").read_text(encoding="utf-8")
_MARK = "--telecabine-bench="


def portrait_base64() -> str:
    return base64.b64encode(pictures.encode_jpeg(pictures.portrait(0))).decode()


def open_page(running: Browser, link: str, script: str) -> Page:
    """The physician's page, with the probe and `script` run before the page's own scripts."""
    context = running.new_context(
        ignore_https_errors=True,
        viewport={"width": 1366, "height": 768},
        permissions=["camera", "microphone"],
    )
    page = context.new_page()
    page.add_init_script(PROBE + script)
    page.goto(link)
    return page


def join(page: Page, timeout_s: float = 60.0) -> None:
    page.get_by_test_id("join").click()
    page.wait_for_selector('body[data-state="connected"]', timeout=timeout_s * 1000)


def until(page: Page, expression: str, timeout_s: float = 60.0) -> None:
    """Poll from outside: the page's security policy forbids playwright's own waiting function."""
    deadline = time.monotonic() + timeout_s
    while not page.evaluate(expression):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout_s:.0f} s: {expression}")
        page.wait_for_timeout(100)


@contextmanager
def browser(playwright: Playwright, name: str, *flags: str) -> Iterator[Browser]:
    """A browser whose processes `cpu_s` finds by `name`."""
    running = launch(playwright, f"{_MARK}{name}", *flags)
    try:
        yield running
    finally:
        running.close()


def root_process(name: str) -> psutil.Process:
    """The browser process that was launched under this name."""
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or ()
        if f"{_MARK}{name}" in line and not any(part.startswith("--type=") for part in line):
            return process
    raise RuntimeError(f"no browser was launched as {name}")


def cpu_s(root: psutil.Process) -> float:
    """User and system time of a process and its living descendants."""
    total = 0.0
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total
