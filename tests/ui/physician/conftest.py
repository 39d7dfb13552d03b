"""The page in a true Chromium, served by a true rendezvous, with the kiosk's own call at the other end."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

from tests.fakes.call_bench import Bench, bench
from tests.fakes.chromium import FLAGS, executable


@pytest.fixture
async def kiosk(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as opened:
        yield opened


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=executable(), args=[*FLAGS])
        yield launched
        await launched.close()


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    opened = await browser.new_context(
        ignore_https_errors=True, viewport={"width": 1366, "height": 650}, locale="fr-FR"
    )
    yield opened
    await opened.close()


@pytest.fixture
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """A tab in which any script error or blocked resource fails the test. A line that is down is no fault."""
    opened = await context.new_page()
    complaints: list[str] = []

    def heard(line: ConsoleMessage) -> None:
        offline = line.text.startswith("WebSocket connection") or "net::ERR_" in line.text
        refused = any(asked in line.location["url"] for asked in ("/probe?", "/servers?"))  # the link is dead
        if line.type == "error" and not (offline or refused):
            complaints.append(line.text)

    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", heard)
    yield opened
    assert complaints == []
