"""The real page in a real Chromium, and a line that is cut in mid-call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, async_playwright, expect

from kiosk.events import CallPhase
from tests.fakes.call_bench import Bench, bench
from tests.fakes.call_content import oximetry
from tests.fakes.chromium import FLAGS, executable
from tests.fakes.line_relay import LineRelay, through

_PATIENCE_MS = 30_000
_ASLEEP = "() => { const end = performance.now() + 5000; while (performance.now() < end); }"


@asynccontextmanager
async def consulting(tmp_path: Path) -> AsyncIterator[tuple[Bench, LineRelay, Page]]:
    """Joined, with all media and the page's way to the relay on one line."""
    async with bench(tmp_path) as kiosk, LineRelay() as line, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=[*FLAGS])
        try:
            context = await browser.new_context(ignore_https_errors=True)
            page = await context.new_page()
            await through(page, line)
            port = line.tcp("127.0.0.1", kiosk.rendezvous.port)
            await page.goto(kiosk.link.replace(str(kiosk.rendezvous.port), str(port)))
            await page.get_by_test_id("join").click()
            await in_state(page, "connected")
            await kiosk.until_phase(CallPhase.CONNECTED)
            yield kiosk, line, page
        finally:
            await browser.close()


async def in_state(page: Page, state: str, timeout_ms: float = _PATIENCE_MS) -> None:
    await expect(page.locator("body")).to_have_attribute("data-state", state, timeout=timeout_ms)


async def all_flows(kiosk: Bench, page: Page) -> None:
    """Sound and readings both ways, the picture outwards, each newer than this moment."""
    frames = "() => document.getElementById('patient').getVideoPlaybackQuality().totalVideoFrames"
    shown, heard = await page.evaluate(frames), len(kiosk.loudspeaker.pieces)
    reading = oximetry("95")
    kiosk.call.send_reading(reading)
    await page.wait_for_function(f"before => ({frames})() > before + 5", arg=shown, timeout=_PATIENCE_MS)
    await kiosk.until(lambda: len(kiosk.loudspeaker.pieces) > heard + 10, timeout_s=30)
    await kiosk.until(lambda: reading.id in kiosk.notes.seen_ids, timeout_s=30)


async def test_both_screens_say_a_cut_and_everything_comes_back(tmp_path: Path) -> None:
    async with consulting(tmp_path) as (kiosk, line, page):
        link = kiosk.notes.states[-1].link
        await all_flows(kiosk, page)
        line.cut(True)
        await in_state(page, "reconnecting", 12_000)  # the browser itself needs twenty seconds
        await kiosk.until_phase(CallPhase.RECONNECTING)
        await expect(page.locator("#patient-state")).to_be_visible()
        line.cut(False)
        await in_state(page, "connected")
        await kiosk.until_phase(CallPhase.CONNECTED)
        await all_flows(kiosk, page)
        assert kiosk.notes.states[-1].link == link


async def test_a_changed_address_is_followed(tmp_path: Path) -> None:
    """Another network in mid-call: the page's old address is gone, and its packets come from elsewhere."""
    async with consulting(tmp_path) as (kiosk, line, page):
        await all_flows(kiosk, page)
        line.rebind()
        await page.wait_for_timeout(3000)  # by now silence would have been noticed
        await in_state(page, "connected")
        await kiosk.until_phase(CallPhase.CONNECTED)
        await all_flows(kiosk, page)


async def test_a_connection_that_ends_is_replaced(tmp_path: Path) -> None:
    """The kiosk's end is gone though the line is whole: another offer and connection, the same session."""
    async with consulting(tmp_path) as (kiosk, _, page):
        words = kiosk.notes.states[-1].words
        await kiosk.call._connections.close()
        await kiosk.until(lambda: kiosk.notes.states[-1].words != words, timeout_s=30)
        await in_state(page, "connected")
        await all_flows(kiosk, page)


async def watch_states(page: Page) -> None:
    await page.evaluate(
        """() => {
          globalThis.states = [];
          new MutationObserver(() => states.push(document.body.dataset.state))
            .observe(document.body, { attributes: true, attributeFilter: ["data-state"] });
        }"""
    )


async def test_a_computer_that_slept_is_connected_again(tmp_path: Path) -> None:
    """Nothing of the page runs for five seconds."""
    async with consulting(tmp_path) as (kiosk, _, page):
        await watch_states(page)
        await page.evaluate(_ASLEEP)
        await kiosk.until(lambda: kiosk.notes.phase is CallPhase.CONNECTED, timeout_s=30)
        await in_state(page, "connected")
        await all_flows(kiosk, page)
        assert "reconnecting" in await page.evaluate("() => states")


async def test_a_network_that_goes_and_comes_is_noticed_at_once(tmp_path: Path) -> None:
    """By the browser's word, before any packet is missed; here the connection itself stays whole."""
    async with consulting(tmp_path) as (kiosk, _, page):
        for gone in (True, False):
            await watch_states(page)
            await page.context.set_offline(gone)
            await page.wait_for_timeout(1000)
            assert "reconnecting" in await page.evaluate("() => states")
            await in_state(page, "connected")
        await all_flows(kiosk, page)


async def test_a_line_that_loses_doubles_and_disorders_carries_all(tmp_path: Path) -> None:
    async with consulting(tmp_path) as (kiosk, line, page):
        line.set(None, loss=0.05, reorder=0.05, duplicate=0.05, jitter_ms=30.0, delay_ms=25.0)
        for _ in range(3):
            await all_flows(kiosk, page)
            await page.wait_for_timeout(2000)
        await in_state(page, "connected")
        assert CallPhase.RECONNECTING not in kiosk.notes.phases
        assert all(way["lost"] > 0 for way in line.counters().values())
