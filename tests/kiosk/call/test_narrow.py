"""A line that carries no moving picture: the kiosk sends stills, and goes on saying what it says."""

from pathlib import Path

from playwright.async_api import expect

from kiosk.events import CallPhase
from tests.fakes.call_content import oximetry
from tests.kiosk.call.test_reconnection import consulting, in_state

_NARROW = {"rate_kbps": 60.0, "delay_ms": 25.0}
_PATIENCE_MS = 40_000


async def test_where_no_video_passes_stills_voice_and_readings_do(tmp_path: Path) -> None:
    async with consulting(tmp_path) as (kiosk, line, page):
        line.set(None, **_NARROW)
        badge = page.get_by_test_id("face-still-badge")
        await expect(badge).to_contain_text("Image fixe de ", timeout=_PATIENCE_MS)
        assert kiosk.notes.states[-1].picture_paused
        heard, reading = len(kiosk.loudspeaker.pieces), oximetry("95")
        kiosk.call.send_reading(reading)
        await kiosk.until(lambda: reading.id in kiosk.notes.seen_ids, timeout_s=30)
        await kiosk.until(lambda: len(kiosk.loudspeaker.pieces) > heard + 10, timeout_s=30)
        first = await badge.text_content()
        await expect(badge).not_to_have_text(first or "", timeout=_PATIENCE_MS)  # and another one
        line.set(None, rate_kbps=3000.0)
        await page.reload()
        line.set(None, **_NARROW)  # where the pictures may pause before anything can be said
        await page.get_by_test_id("join").click()
        await in_state(page, "connected", _PATIENCE_MS)
        await kiosk.until_phase(CallPhase.CONNECTED)
        await expect(badge).to_contain_text("Image fixe de ", timeout=_PATIENCE_MS)
