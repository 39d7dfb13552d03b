"""What the physician hears of the heart: live as it was sent, recorded as it was kept, and never in doubt which."""

import asyncio
import math
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Page, expect

from devices.reading import Attachment, Kind, Reading
from kiosk.clip import CONTENT_TYPE, record_clip
from tests.bench import part_auscultation as tones
from tests.fakes.call_bench import Bench, bench
from tests.fakes.heart import heart_beat
from tests.ui.physician import samples
from tests.ui.physician.visit import in_state, join, pixels, until

SLOW_BPS = 16_000


def sound(site: str = "mitral", beats: int = 4) -> Reading:
    kept = Attachment(CONTENT_TYPE, record_clip(np.tile(heart_beat(), beats)), site)
    return replace(samples.reading(Kind.STETHOSCOPE, attachment=kept), taken_at=datetime.now(UTC))


def line_bps(kiosk: Bench, rate_bps: int | None) -> None:
    """What the conductor grants to what may wait."""
    lane = kiosk.call._connections.lane
    assert lane is not None
    lane.rate_bps = rate_bps


@pytest.fixture
async def heart(tmp_path: Path) -> AsyncIterator[Bench]:
    """A kiosk whose stethoscope hears tones from 20 to 1000 Hz."""
    async with bench(tmp_path, stethoscope=tones.Tones()) as opened:
        yield opened


async def test_heart_and_lungs_arrive_as_they_were_sent(page: Page, heart: Bench) -> None:
    await page.add_init_script(tones.TAP)
    await tones.listen(page, heart)
    await page.wait_for_timeout(1500)
    live = await tones.measure(page, looks=3)
    assert max(abs(db) for db in live.values()) < tones.LIMIT_DB, live
    await page.get_by_test_id("filter-heart").click()
    await page.wait_for_timeout(500)
    filtered = await tones.measure(page, looks=1)
    assert filtered[20] == pytest.approx(-3, abs=0.5) and filtered[200] == pytest.approx(-3, abs=0.5)
    assert filtered[500] < -25
    await page.get_by_test_id("filter-wide").click()
    await page.get_by_test_id("stethoscope-volume").fill("-6")
    await page.wait_for_timeout(500)
    quieter = await tones.measure(page, looks=1)
    assert quieter[100] == pytest.approx(-6, abs=0.5)


async def test_a_recorded_sound_arrives_and_is_never_taken_for_live(page: Page, kiosk: Bench) -> None:
    await page.add_init_script(tones.TAP)
    await tones.listen(page, kiosk)
    card = page.get_by_test_id("stethoscope-card")
    await expect(card).to_have_attribute("data-hearing", "live")
    await expect(page.get_by_test_id("stethoscope-live")).to_have_text("En direct")
    line_bps(kiosk, SLOW_BPS)
    kiosk.call.send_reading(sound())
    await expect(page.get_by_test_id("clip-arrived")).to_contain_text("Reçu ")
    await expect(page.get_by_test_id("clip-play")).to_be_hidden()
    line_bps(kiosk, None)
    await expect(page.get_by_test_id("clip-time")).to_have_text("0,0 s sur 3,3 s")
    await expect(page.get_by_test_id("clip-badge")).to_have_text("Enregistré, pas en direct")
    await expect(page.get_by_test_id("clip-what")).to_contain_text("Foyer mitral (apex)")
    wave = await pixels(page.get_by_test_id("clip-wave"))
    heights = (wave[..., 3] > 0).sum(axis=0)
    assert heights.max() > 5 * np.median(heights), "beats and the quiet between them"
    await page.get_by_test_id("clip-play").click()
    await expect(card).to_have_attribute("data-hearing", "recorded")
    await expect(page.get_by_test_id("stethoscope-live")).to_be_hidden()
    await until(lambda: page.get_by_test_id("stethoscope-audio").evaluate("a => a.srcObject === null"))
    await expect(card).to_have_attribute("data-hearing", "live")  # it has ended
    await expect(page.get_by_test_id("clip-time")).to_have_text("0,0 s sur 3,3 s")


async def test_a_recorded_sound_with_the_keyboard_alone(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    kiosk.call.send_reading(sound())
    slider = page.get_by_test_id("clip-slider")
    await slider.focus()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await expect(slider).to_have_attribute("aria-valuetext", "1,0 s sur 3,3 s")
    await page.keyboard.press("Home")
    await expect(slider).to_have_attribute("aria-valuetext", "0,0 s sur 3,3 s")
    await page.get_by_test_id("clip-loop").click()
    await slider.focus()
    await page.keyboard.press("Space")
    await expect(page.get_by_test_id("clip-play")).to_have_text("Pause")
    await page.wait_for_timeout(4000)  # longer than the sound
    await expect(page.get_by_test_id("clip-play")).to_have_text("Pause")
    await page.keyboard.press("Space")
    await expect(page.get_by_test_id("clip-play")).to_have_text("Lire")
    box = await slider.bounding_box()
    assert box is not None
    await slider.click(position={"x": box["width"] / 2, "y": 5})
    await expect(slider).to_have_attribute("aria-valuetext", "1,7 s sur 3,3 s")


async def test_a_cut_in_the_middle_costs_only_what_was_not_there(page: Page, kiosk: Bench) -> None:
    sent: list[str] = []
    page.on("websocket", lambda socket: None)
    await join(page, kiosk.link)
    line_bps(kiosk, SLOW_BPS)
    reading = sound()
    kiosk.call.send_reading(reading)
    await until(lambda: page.locator("#clip-progress").evaluate("p => p.value > 0.2"))
    wanted = kiosk.call._feed.clips.want
    kiosk.call._feed.clips.want = lambda item, first: (sent.append(str(first)), wanted(item, first))[1]  # type: ignore[method-assign]
    await kiosk.call._connections.close()  # the kiosk's end dies without a word
    await in_state(page, "reconnecting")
    await in_state(page, "connected")
    await expect(page.get_by_test_id("clip-time")).to_have_text("0,0 s sur 3,3 s", timeout=15_000)
    assert [int(first) > 0 for first in sent] == [True]


async def test_sounds_of_before_come_when_they_are_asked_for(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    old = sound("aortic")
    kiosk.call.send_reading(old, history=True)
    choice = page.get_by_test_id("clip-choice")
    await expect(choice).to_contain_text("Foyer aortique")
    await expect(choice).to_contain_text("à recevoir")
    await choice.click()
    await expect(page.get_by_test_id("clip-time")).to_have_text("0,0 s sur 3,3 s")


async def test_a_line_that_is_too_narrow_is_said(page: Page, kiosk: Bench) -> None:
    await tones.listen(page, kiosk)
    await expect(page.get_by_test_id("stethoscope-narrow")).to_be_hidden()
    kiosk.call._feed.stethoscope_live(False)
    await expect(page.get_by_test_id("stethoscope-narrow")).to_contain_text("trop lente")
    await expect(page.get_by_test_id("stethoscope-live")).to_be_hidden()
    kiosk.call._feed.stethoscope_live(True)
    await expect(page.get_by_test_id("stethoscope-live")).to_be_visible()


async def test_the_spectrum_shows_the_tone_that_arrives(page: Page, kiosk: Bench) -> None:
    kiosk.media.stethoscope.tone_hz = 200.0  # type: ignore[attr-defined]
    await tones.listen(page, kiosk)
    canvas = page.get_by_test_id("stethoscope-spectrum")

    async def peak_at_200() -> bool:
        picture = (await pixels(canvas)).astype(int)
        blue = (picture[..., 3] > 150) & (picture[..., 0] - picture[..., 2] > 90)  # BGRA, --accent
        rows = np.where(blue.any(axis=0), blue.argmax(axis=0), picture.shape[0])
        share = float(np.argmin(rows)) / picture.shape[1]
        return abs(share - math.log(200 / 20) / math.log(50)) < 0.03

    await until(peak_at_200)


async def test_a_sound_too_loud_for_the_instrument_is_said(page: Page, kiosk: Bench) -> None:
    kiosk.media.stethoscope.level = 1.0  # type: ignore[attr-defined]
    kiosk.media.stethoscope.tone_hz = 200.0  # type: ignore[attr-defined]
    await tones.listen(page, kiosk)
    await expect(page.get_by_test_id("stethoscope-clipping")).to_contain_text("saturé", timeout=10_000)


async def test_readings_are_not_held_up_by_a_sound(page: Page, kiosk: Bench) -> None:
    """They pass between the pieces of the sound, not after all of them."""
    await join(page, kiosk.link)
    line_bps(kiosk, SLOW_BPS)
    kiosk.call.send_reading(sound(beats=12))
    await until(lambda: page.locator("#clip-progress").evaluate("p => p.value > 0"))
    reading = samples.oximeter("93")
    kiosk.call.send_reading(reading)
    await expect(page.get_by_test_id("value-spo2")).to_have_text("93")
    assert kiosk.call._feed.clips.busy
    await asyncio.sleep(0)
