"""The kiosk's call against the real page in a real Chromium."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from kiosk.events import CallPhase
from tests.fakes.call_bench import Bench, bench
from tests.fakes.call_content import oximetry, pleth
from tests.fakes.chromium import FLAGS, executable

_FRAMES = "id => document.getElementById(id).getVideoPlaybackQuality().totalVideoFrames"


async def frames_shown(page: Page, video: str, at_least: int) -> None:
    await page.wait_for_function(f"id => ({_FRAMES})(id) >= {at_least}", arg=video, timeout=20_000)


async def consult(kiosk: Bench, page: Page) -> None:
    """Join as a physician does, and look at everything once."""
    violations: list[str] = []
    page.on("console", lambda said: violations.append(said.text) if said.type == "error" else None)
    reading = oximetry("96")
    kiosk.call.send_reading(reading)
    await page.goto(kiosk.link)
    await page.get_by_test_id("join").click()
    await kiosk.until_phase(CallPhase.CONNECTED)
    await frames_shown(page, "patient", 10)
    await kiosk.until(lambda: (kiosk.media.remote_video.latest() or _NOTHING).sequence > 10)
    await kiosk.until(lambda: len(kiosk.loudspeaker.pieces) > 25)
    await kiosk.until(lambda: reading.id in kiosk.notes.seen_ids)
    assert "96" in await page.get_by_test_id("value-spo2").inner_text()
    for sequence in range(4):
        kiosk.call.send_waveform(pleth(sequence))
    words = (await page.get_by_test_id("words").inner_text()).split()
    assert [w.strip("·,–") for w in words if w.strip("·,–")] == list(kiosk.notes.states[-1].words)
    kiosk.call.set_media(otoscope=True, stethoscope=True)
    await frames_shown(page, "otoscope", 5)
    assert kiosk.notes.phase is CallPhase.CONNECTED
    await kiosk.call.close()
    await page.get_by_test_id("message").wait_for(state="visible", timeout=10_000)
    assert not violations


class _Nothing:
    sequence = 0


_NOTHING: Any = _Nothing()


async def test_the_real_page_in_a_real_browser(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=[*FLAGS])
        try:
            context = await browser.new_context(ignore_https_errors=True)
            await consult(kiosk, await context.new_page())
        finally:
            await browser.close()
