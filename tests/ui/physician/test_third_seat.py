"""A third seat: the physician's page invites a guest and passes on what the kiosk sends it, once."""

import gc
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import numpy as np
import pytest
from aiortc import RTCPeerConnection
from numpy.typing import NDArray
from playwright.async_api import Browser, Page, expect

from kiosk.events import CallPhase
from tests.fakes.call_bench import Bench
from tests.fakes.physician import Physician
from tests.ui.physician import samples
from tests.ui.physician.visit import CONNECT_MS, in_state, join, pixels, row, send_pleth, until

_FRAMES = "v => v.getVideoPlaybackQuality().totalVideoFrames"
_PHYSICIAN_HZ, _GUEST_HZ, _PATIENT_HZ = 700, 1900, 500  # the patient's is the bench's

# A voice is a tone of its own: who hears whom can be told apart.
_VOICE = """hz => {
  if (!navigator.mediaDevices) return;
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const got = await ask(wanted);
    if (!wanted.audio) return got;
    const context = new AudioContext();
    const tone = new OscillatorNode(context, { frequency: hz });
    const quiet = new GainNode(context, { gain: 0.3 });
    const out = context.createMediaStreamDestination();
    tone.connect(quiet).connect(out);
    tone.start();
    return new MediaStream([out.stream.getAudioTracks()[0], ...got.getVideoTracks()]);
  };
}"""

# The loudness at each frequency of what a tab receives as the voice, in decibels.
_HEARD = """async ([id, hz]) => {
  window.ears ??= new AudioContext();
  const analyser = new AnalyserNode(window.ears, { fftSize: 4096, smoothingTimeConstant: 0 });
  const stream = document.getElementById(id).srcObject;
  window.ears.createMediaStreamSource(stream).connect(analyser);
  await new Promise((resolve) => setTimeout(resolve, 400));
  const levels = new Float32Array(analyser.frequencyBinCount);
  analyser.getFloatFrequencyData(levels);
  return hz.map((f) => levels[Math.round(f / window.ears.sampleRate * 4096)]);
}"""


# What the page sends on its own channel, past everything that its screen forbids.
_CHANNELS = """() => {
  const make = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (...name) {
    const channel = make.apply(this, name);
    if (name[0] === "live") (window.lives ??= []).push(channel);
    return channel;
  };
}"""
_SAY = """(messages) => new Promise((resolve) => {
  const live = window.lives.find((channel) => channel.readyState === "open");
  const heard = live.onmessage;
  live.onmessage = (event) => {
    heard(event);
    if (JSON.parse(event.data).id === "after all") resolve();
  };
  for (const message of messages) live.send(message);
  live.send('{"v":1,"type":"ping","id":"after all"}');
})"""
_ORDERS = [
    '{"v":1,"type":"request","what":"otoscope","on":false}',
    '{"v":1,"type":"keep","what":"otoscope"}',
    '{"v":1,"type":"point","site":"mitral"}',
    '{"v":1,"type":"seen","ids":["7e0c8d3e-6a59-4f6e-9f0e-0d6d3c3c8f11"]}',
    '{"v":1,"type":"uninvite"}',
    '{"v":1,"type":"ping","id":{}}',
    "no message",
    "null",
]


async def _tab(browser: Browser, hz: int) -> Page:
    context = await browser.new_context(
        ignore_https_errors=True, viewport={"width": 1366, "height": 768}, locale="fr-FR"
    )
    page = await context.new_page()
    await page.add_init_script(f"({_VOICE})({hz}); ({_CHANNELS})()")
    return page


@pytest.fixture
async def physician(browser: Browser) -> Page:
    return await _tab(browser, _PHYSICIAN_HZ)


@pytest.fixture
async def guest(browser: Browser) -> AsyncIterator[Page]:
    page = await _tab(browser, _GUEST_HZ)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


async def invite(physician: Page) -> str:
    """The physician's side of it; returns the guest's link."""
    await physician.get_by_test_id("invite").click()
    await card(physician, "waiting")
    return await physician.get_by_test_id("guest-link").input_value()


async def card(physician: Page, state: str) -> None:
    await expect(physician.get_by_test_id("guest-card")).to_have_attribute(
        "data-guest", state, timeout=CONNECT_MS
    )


async def plays(page: Page, video: str, frames: int = 10) -> None:
    started = await page.get_by_test_id(video).evaluate(_FRAMES)
    await until(lambda: page.get_by_test_id(video).evaluate(f"v => ({_FRAMES})(v) > {started + frames}"), 20)


async def hears(page: Page, element: str, loud: list[int], silent: list[int]) -> None:
    async def true() -> bool:
        levels = await page.evaluate(_HEARD, [element, loud + silent])
        return min(levels[: len(loud)]) > -50 and max(levels[len(loud) :], default=-200.0) < -62

    await until(true, 20)


async def the_heart_sounds_the_same(physician: Page, guest: Page) -> None:
    """The bench's stethoscope hears 30 Hz: a voice's encoding would take 12 dB away."""
    for page in (physician, guest):
        await page.get_by_test_id("stethoscope-switch").click()
        await page.get_by_test_id("headphones-on").click()

    async def same() -> bool:
        direct, passed_on = [
            (await page.evaluate(_HEARD, ["stethoscope", [30]]))[0] for page in (physician, guest)
        ]
        return bool(direct > -40 and abs(direct - passed_on) < 1)

    await until(same, 20)


async def brightness(page: Page, video: str) -> float:
    return float((await pixels(page.get_by_test_id(video)))[..., :3].mean())


def connections() -> int:
    """How many connections the kiosk has. The browsers' are not in this process."""
    made = (thing for thing in gc.get_objects() if isinstance(thing, RTCPeerConnection))
    return sum(connection.connectionState == "connected" for connection in made)


def tone(sound: NDArray[np.int16], hz: float) -> float:
    """How much of this tone the last half second of a recording has, 0 to 1."""
    last = sound[-24_000:].astype(float)
    wave = np.exp(-2j * np.pi * hz * np.arange(len(last)) / 48_000)
    return float(2 * np.abs(np.mean(last * wave)) / 32768)


async def test_a_guest_sees_hears_and_reads_what_the_kiosk_sends_once(
    physician: Page, guest: Page, kiosk: Bench
) -> None:
    early, late = samples.oximeter(), samples.thermometer()
    kiosk.call.set_media(otoscope=True, stethoscope=True)
    kiosk.call.send_reading(early)
    await join(physician, kiosk.link)
    await row(physician, early)
    link = await invite(physician)
    assert kiosk.notes.states[-1].guest
    await join(guest, link)
    await card(physician, "here")
    await expect(guest.get_by_test_id("guest-note")).to_be_visible()

    await plays(guest, "patient-video")
    await plays(guest, "otoscope-video")
    await plays(physician, "guest-face")
    assert abs(await brightness(guest, "otoscope-video") - 200) < 25
    assert abs(await brightness(guest, "patient-video") - 60) < 25

    await row(guest, early)
    kiosk.call.send_reading(late)
    await row(guest, late)
    await send_pleth(kiosk, 0, 4, datetime.now(UTC))
    assert (await pixels(guest.get_by_test_id("pleth"))).any()

    await hears(guest, "patient", [_PATIENT_HZ, _PHYSICIAN_HZ], [_GUEST_HZ])
    await hears(physician, "guest-face", [_GUEST_HZ], [_PATIENT_HZ, _PHYSICIAN_HZ])
    sound = kiosk.loudspeaker.sound
    await kiosk.until(lambda: tone(sound(), _PHYSICIAN_HZ) > 0.02 and tone(sound(), _GUEST_HZ) > 0.02)
    await physician.get_by_test_id("mute").click()
    await kiosk.until(lambda: tone(sound(), _PHYSICIAN_HZ) < 0.005 and tone(sound(), _GUEST_HZ) > 0.02)

    await the_heart_sounds_the_same(physician, guest)
    words = await physician.get_by_test_id("guest-words").inner_text()
    assert words and words == await guest.get_by_test_id("words").inner_text()
    assert words != await physician.get_by_test_id("words").inner_text()
    assert connections() == 1  # the kiosk sends once, whoever looks on


async def test_a_guest_outlasts_a_cut_asks_for_nothing_and_goes_with_the_invitation(
    physician: Page, guest: Page, kiosk: Bench
) -> None:
    kiosk.call.set_media(otoscope=True, stethoscope=False)
    await join(physician, kiosk.link)
    link = await invite(physician)
    await join(guest, link)
    await card(physician, "here")
    for button in ("invite", "otoscope-switch", "otoscope-keep", "stethoscope-ask", "stethoscope-record"):
        await expect(guest.get_by_test_id(button)).to_be_hidden()
    await guest.evaluate(_SAY, _ORDERS)
    notes = kiosk.notes
    assert (notes.asked, notes.kept, notes.points, notes.seen_ids) == ([], [], [], [])
    async with Physician(link.replace("~guest", ""), kiosk.context) as second:
        await second.until(lambda: second.close_code == 4409)

    await cut(kiosk)
    await kiosk.until(lambda: kiosk.notes.phase is CallPhase.CONNECTED and connections() == 1)
    await plays(guest, "otoscope-video")
    await physician.reload()
    await physician.get_by_test_id("join").click()
    await card(physician, "here")
    await in_state(guest, "connected")
    await plays(guest, "otoscope-video")
    await hears(guest, "patient", [_PATIENT_HZ, _PHYSICIAN_HZ], [])
    assert kiosk.notes.states[-1].guest

    kiosk.call.remove_guest()
    assert not kiosk.notes.states[-1].guest
    await in_state(guest, "ended")
    await card(physician, "removed")
    await guest.reload()
    await guest.get_by_test_id("join").click()
    await in_state(guest, "dead")

    await guest.goto("about:blank")
    await join(guest, await invite(physician))
    await physician.get_by_test_id("leave").click()
    await in_state(guest, "ended")
    await expect(guest.get_by_test_id("message-title")).to_have_text("Votre invitation est terminée")
    await kiosk.until(lambda: not kiosk.notes.states[-1].guest)


async def cut(kiosk: Bench) -> None:
    """The kiosk's connection is gone; the page makes another one, with other tracks."""
    peer = kiosk.call._connections._peer
    assert peer is not None
    await peer.close()
    await kiosk.until(lambda: kiosk.notes.phase is not CallPhase.CONNECTED)
