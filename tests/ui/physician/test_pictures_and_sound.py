"""Pictures, the pulse wave and the stethoscope."""

import asyncio
from datetime import UTC, datetime

import numpy as np
from playwright.async_api import Locator, Page, expect

from kiosk.call.figures import Codec
from tests.fakes.call_bench import Bench
from tests.ui.physician import samples
from tests.ui.physician.visit import in_state, join, obey, pixels, send_pleth, until


async def test_the_patients_picture_and_voice_play(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    video = page.get_by_test_id("patient-video")
    await until(lambda: video.evaluate("v => v.videoWidth > 0 && !v.paused && !v.muted"))
    before = await pixels(video)
    await until(lambda: video.evaluate("v => v.getVideoPlaybackQuality().totalVideoFrames > 30"))
    assert not np.array_equal(before, await pixels(video))
    await kiosk.until(lambda: kiosk.media.remote_video.latest() is not None)
    figures = kiosk.call.figures()
    assert figures is not None and figures.sending is not None
    assert figures.sending.codec is Codec.H264, "what this browser takes as well costs the kiosk more"


async def test_a_voice_that_stops_is_a_cut_though_all_else_goes_on(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    before = kiosk.call._connections._peer
    assert before is not None
    await kiosk.until(lambda: before._outgoing._voice._pts)
    before._connection.getSenders()[0].replaceTrack(None)
    await kiosk.until(lambda: kiosk.call._connections._peer is not before)
    await in_state(page, "connected")


async def test_the_pulse_wave_moves(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    canvas = page.get_by_test_id("pleth")
    assert not (await pixels(canvas)).any()
    t0 = datetime.now(UTC)
    await send_pleth(kiosk, 0, 9, t0)
    before = await pixels(canvas)
    await send_pleth(kiosk, 9, 9, t0)
    after = await pixels(canvas)
    assert before.any()
    assert not np.array_equal(before, after)


async def test_the_ecg_has_a_trace_that_comes_with_its_first_samples(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    canvas = page.get_by_test_id("ecg")
    await expect(canvas).to_be_hidden()
    t0 = datetime.now(UTC)
    for sequence in range(12):
        kiosk.call.send_waveform(samples.ecg(sequence, t0))
        await asyncio.sleep(0.125)
    await expect(canvas).to_be_visible()
    await until(lambda: _drawn(canvas))
    assert not (await pixels(page.get_by_test_id("pleth"))).any()


async def _drawn(canvas: Locator) -> bool:
    return bool((await pixels(canvas)).any())


async def test_lost_samples_leave_a_hole(page: Page, kiosk: Bench) -> None:
    """Two seconds of wave, one second lost, two seconds of wave: the columns between stay blank."""
    await join(page, kiosk.link)
    t0 = datetime.now(UTC)
    await send_pleth(kiosk, 0, 12, t0)
    await send_pleth(kiosk, 18, 12, t0, gap=True)
    picture = await pixels(page.get_by_test_id("pleth"))
    blank = picture[..., 3].max(axis=0) == 0
    start_ms = (t0.timestamp() * 1000) % 6000
    lost = ((start_ms + np.linspace(2150, 2850, 50)) % 6000) / 6000 * picture.shape[1]
    drawn = ((start_ms + np.linspace(700, 1800, 50)) % 6000) / 6000 * picture.shape[1]
    assert blank[lost.astype(int)].all()
    assert blank[drawn.astype(int)].mean() < 0.1


async def test_freezing_holds_the_picture_while_the_video_goes_on(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    await page.get_by_test_id("otoscope-switch").click()
    await obey(kiosk, ("otoscope", True))
    await expect(page.get_by_test_id("otoscope-badge")).to_have_text("En direct", timeout=15_000)
    await page.get_by_test_id("otoscope-freeze").click()
    video, canvas = page.get_by_test_id("otoscope-video"), page.get_by_test_id("otoscope-frozen")
    held, seen = await pixels(canvas), await pixels(video)
    assert held.shape[:2] == seen.shape[:2]
    await expect(page.get_by_test_id("otoscope-badge")).to_contain_text("Image figée à")
    started = await video.evaluate("v => v.getVideoPlaybackQuality().totalVideoFrames")
    await until(lambda: video.evaluate(f"v => v.getVideoPlaybackQuality().totalVideoFrames > {started} + 10"))
    assert np.array_equal(held, await pixels(canvas))
    assert not np.array_equal(seen, await pixels(video))
    await page.get_by_test_id("otoscope-freeze").click()
    await expect(canvas).to_be_hidden()


async def test_keeping_a_picture(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    await page.get_by_test_id("otoscope-switch").click()
    await obey(kiosk, ("otoscope", True))
    await page.get_by_test_id("otoscope-ear").select_option("ear_right")
    await page.get_by_test_id("otoscope-keep").click(timeout=15_000)
    await kiosk.until(lambda: kiosk.notes.kept == ["otoscope ear_right"])
    await expect(page.get_by_test_id("otoscope-ear")).to_have_value("")  # the next may be of the other ear
    await expect(page.get_by_test_id("otoscope-badge")).to_contain_text("demandée pour le dossier")
    kiosk.call.send_reading(samples.otoscope_picture())
    await expect(page.get_by_test_id("otoscope-badge")).to_contain_text("Image gardée dans le dossier")


async def test_headphones_are_asked_for_before_any_sound(page: Page, kiosk: Bench) -> None:
    """Also when the helper has switched the stethoscope on already."""
    await join(page, kiosk.link)
    audio = page.get_by_test_id("stethoscope-audio")
    kiosk.call.set_media(otoscope=False, stethoscope=True)
    await expect(page.get_by_test_id("stethoscope-status")).to_contain_text("Mettez un casque")
    assert await audio.evaluate("a => a.paused && a.srcObject === null")
    await page.get_by_test_id("stethoscope-switch").click()
    await expect(page.get_by_test_id("headphones")).to_be_visible()
    assert await audio.evaluate("a => a.paused && a.srcObject === null")
    assert ("stethoscope", True) not in kiosk.notes.asked
    await page.get_by_test_id("headphones-on").click()
    await obey(kiosk, ("stethoscope", True))
    await until(lambda: audio.evaluate("a => !a.paused && a.srcObject.getAudioTracks().length === 1"))
    await until(lambda: page.locator("#stethoscope-level").evaluate("meter => meter.value > 0.3"))
    assert await page.get_by_test_id("patient-video").evaluate(
        "(v) => !v.srcObject.getTracks().includes(document.querySelector('audio').srcObject.getTracks()[0])"
    )


async def test_recording_and_stopping_the_sound(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    await page.get_by_test_id("stethoscope-switch").click()
    await page.get_by_test_id("headphones-on").click()
    await obey(kiosk, ("stethoscope", True))
    await page.get_by_test_id("stethoscope-record").click()
    await kiosk.until(lambda: kiosk.notes.kept == ["stethoscope"])
    await page.get_by_test_id("stethoscope-switch").click()
    await obey(kiosk, ("stethoscope", False))
    assert await page.get_by_test_id("stethoscope-audio").evaluate("a => a.srcObject === null")


async def test_muting_oneself(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    own = page.get_by_test_id("self-video")
    await page.get_by_test_id("mute").click()
    await expect(page.get_by_test_id("mute")).to_have_text("Rétablir mon micro")
    assert await own.evaluate("v => !v.srcObject.getAudioTracks()[0].enabled")
    await page.get_by_test_id("camera").click()
    assert await own.evaluate("v => !v.srcObject.getVideoTracks()[0].enabled")
