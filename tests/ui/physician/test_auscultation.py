"""What the physician hears of the heart: live as it was sent, recorded as it was kept, and which of them."""

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
from kiosk.events import SoundQuality
from tests.bench import part_auscultation as tones
from tests.fakes.call_bench import Bench, bench
from tests.fakes.heart import heart_beat
from tests.ui.physician import samples
from tests.ui.physician.visit import join, narrow_for_good, pixels, until

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


async def above_the_floor(page: Page, frequency_hz: float) -> float:
    """How high the spectrum stands there, as a share of the canvas."""
    picture = (await pixels(page.get_by_test_id("stethoscope-spectrum"))).astype(int)
    line = (picture[..., 3] > 150) & (picture[..., 0] - picture[..., 2] > 90)  # BGRA: the accent's blue
    margin = (
        picture.shape[1]
        * 12
        / await page.get_by_test_id("stethoscope-spectrum").evaluate("c => c.clientWidth")
    )
    share = math.log(frequency_hz / 20) / math.log(1000 / 20)
    x = round(margin + share * (picture.shape[1] - 2 * margin))
    rows = np.flatnonzero(line[:, x - 2 : x + 3].any(axis=1))
    return 1 - float(rows.min()) / picture.shape[0] if len(rows) else 0.0


async def test_heart_and_lungs_arrive_as_they_were_sent(page: Page, heart: Bench) -> None:
    await page.add_init_script(tones.TAP)
    await tones.listen(page, heart)
    await page.wait_for_timeout(1500)
    live = await tones.measure(page, looks=3)
    assert max(abs(db) for db in live.values()) < tones.LIMIT_DB, live
    assert await above_the_floor(page, 200) > await above_the_floor(page, 320) + 0.2
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
    await expect(page.get_by_test_id("stethoscope-clipping")).to_be_hidden()
    heart.media.stethoscope.level = 0.4  # type: ignore[attr-defined]
    await expect(page.get_by_test_id("stethoscope-clipping")).to_contain_text("saturé", timeout=10_000)


async def test_the_physician_is_told_of_the_noise_at_the_kiosk(page: Page, kiosk: Bench) -> None:
    await tones.listen(page, kiosk)
    said = page.get_by_test_id("stethoscope-sound")
    await expect(said).to_be_hidden()
    kiosk.call.set_sound(SoundQuality.NOISY)
    await expect(said).to_contain_text("Trop de bruit")
    kiosk.call.set_sound(SoundQuality.SILENT)
    await expect(said).to_contain_text("aucun son")
    kiosk.call.set_sound(SoundQuality.CLEAR)
    await expect(said).to_be_hidden()
    kiosk.call.set_sound(SoundQuality.NOISY)
    kiosk.call.set_media(otoscope=False, stethoscope=False)
    await expect(said).to_be_hidden()


async def test_a_recorded_sound_arrives_and_is_never_taken_for_live(page: Page, kiosk: Bench) -> None:
    await tones.listen(page, kiosk)
    card = page.get_by_test_id("stethoscope-card")
    await expect(card).to_have_attribute("data-hearing", "live")
    await expect(page.get_by_test_id("stethoscope-live")).to_have_text("En direct")
    line_bps(kiosk, SLOW_BPS)
    kiosk.call.send_reading(sound())
    await expect(page.get_by_test_id("clip-arrived")).to_contain_text("Reçu ")
    await expect(page.get_by_test_id("clip-play")).to_be_hidden()
    reading = samples.oximeter("93")  # passes between the pieces of the sound, not after all of them
    kiosk.call.send_reading(reading)
    await expect(page.get_by_test_id("value-spo2")).to_have_text("93")
    assert kiosk.call._feed.clips.busy
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
    narrow_for_good(kiosk)
    await expect(page.get_by_test_id("stethoscope-narrow")).to_contain_text("trop lente")
    await expect(page.get_by_test_id("stethoscope-live")).to_be_hidden()
    await until(lambda: page.get_by_test_id("stethoscope-audio").evaluate("a => a.srcObject === null"))


async def test_a_heart_that_the_line_cannot_carry_is_not_sent_beside_the_voice(
    page: Page, heart: Bench
) -> None:
    await tones.listen(page, heart)
    microphone = heart.media.stethoscope
    assert isinstance(microphone, tones.Tones)
    await heart.until(lambda: bool(microphone._queues))
    narrow_for_good(heart)
    await heart.until(lambda: not microphone._queues)
    await expect(page.get_by_test_id("stethoscope-card")).to_have_attribute("data-hearing", "none")
    await until(lambda: page.get_by_test_id("stethoscope-audio").evaluate("a => a.srcObject === null"))


async def test_a_sound_of_before_comes_when_it_is_asked_for_and_obeys_the_keyboard(
    page: Page, kiosk: Bench
) -> None:
    await join(page, kiosk.link)
    kiosk.call.send_reading(sound("aortic", beats=2), history=True)
    choice = page.get_by_test_id("clip-choice")
    await expect(choice).to_contain_text("Foyer aortique")
    await expect(choice).to_contain_text("à recevoir")
    await choice.click()
    slider, play = page.get_by_test_id("clip-slider"), page.get_by_test_id("clip-play")
    await expect(slider).to_have_attribute("aria-valuetext", "0,0 s sur 1,7 s")
    await slider.focus()
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await expect(slider).to_have_attribute("aria-valuetext", "1,0 s sur 1,7 s")
    await page.keyboard.press("Home")
    await expect(slider).to_have_attribute("aria-valuetext", "0,0 s sur 1,7 s")
    await page.get_by_test_id("clip-loop").click()
    await slider.focus()
    await page.keyboard.press("Space")
    await expect(play).to_have_text("Pause")
    await page.wait_for_timeout(2200)  # longer than the sound
    await expect(play).to_have_text("Pause")
    await page.keyboard.press("Space")
    await expect(play).to_have_text("Lire")
    box = await slider.bounding_box()
    assert box is not None
    await slider.click(position={"x": box["width"] / 2, "y": 5})
    await expect(slider).to_have_attribute("aria-valuetext", "0,8 s sur 1,7 s")


async def test_a_cut_in_the_middle_costs_only_what_was_not_there(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    line_bps(kiosk, SLOW_BPS)
    kiosk.call.send_reading(sound())
    await until(lambda: page.locator("#clip-progress").evaluate("p => p.value > 0.2"))
    asked: list[int] = []
    want = kiosk.call._feed.clips.want

    def note(reading: Reading, first: int) -> None:
        asked.append(first)
        want(reading, first)

    kiosk.call._feed.clips.want = note  # type: ignore[method-assign]
    await kiosk.call._connections.close()  # the kiosk's end dies without a word
    await expect(page.get_by_test_id("clip-time")).to_have_text("0,0 s sur 3,3 s", timeout=20_000)
    assert [first > 0 for first in asked] == [True]
