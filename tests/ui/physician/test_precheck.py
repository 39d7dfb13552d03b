"""Before joining: four lights and one sentence, in a true Chromium, against a true rendezvous and relay."""

import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import BrowserContext, Page, Request, async_playwright, expect

from kiosk.call.secret import to_text
from kiosk.rendezvous.turn import TurnSettings, servers_message
from tests.fakes.call_bench import Bench
from tests.fakes.chromium import FLAGS, executable
from tests.fakes.line_relay import LineRelay
from tests.fakes.turn_server import SECRET, free_port, turn_server
from tests.ui.physician.visit import in_state, until

LONG_MS = 20_000


async def check(page: Page, link: str) -> None:
    await page.goto(link)
    await page.get_by_test_id("preview").click()


async def light(page: Page, part: str, wanted: str) -> None:
    row = page.get_by_test_id(f"precheck-{part}")
    await expect(row).to_have_attribute("data-light", wanted, timeout=LONG_MS)


async def measured(page: Page) -> None:
    """Whatever a busy machine has found."""
    row = page.get_by_test_id("precheck-line")
    await expect(row).not_to_have_attribute("data-light", "unknown", timeout=LONG_MS)


async def says(page: Page, words: str) -> None:
    await expect(page.get_by_test_id("precheck-say")).to_contain_text(words, timeout=LONG_MS)


def through(link: str, port: int) -> str:
    """The same link, by another port of this machine."""
    host, _, rest = link.removeprefix("https://").partition("/")
    return f"https://{host.split(':')[0]}:{port}/{rest}"


@asynccontextmanager
async def tab(*flags: str, without: tuple[str, ...] = ()) -> AsyncIterator[Page]:
    """A browser with other devices."""
    async with async_playwright() as playwright:
        args = [flag for flag in FLAGS if flag not in without] + list(flags)
        browser = await playwright.chromium.launch(executable_path=executable(), args=args)
        context = await browser.new_context(ignore_https_errors=True, locale="fr-FR")
        yield await context.new_page()
        await browser.close()


async def test_the_line_is_checked_by_itself_and_nobody_is_asked_for_anything(kiosk: Bench) -> None:
    async with tab(without=("--use-fake-ui-for-media-stream",)) as page:
        await page.goto(kiosk.link)
        await light(page, "line", "green")
        await says(page, "Votre ligne est prête")
        for part in ("camera", "microphone"):
            await light(page, part, "unknown")
        await page.context.grant_permissions(["camera", "microphone"])  # the reader allows it meanwhile
        for part in ("camera", "microphone"):
            await light(page, part, "green")


async def test_what_the_browser_allows_already_is_checked_by_itself(kiosk: Bench) -> None:
    async with tab(without=("--autoplay-policy=no-user-gesture-required",)) as page:
        await page.context.grant_permissions(["camera", "microphone"])
        await page.goto(kiosk.link)
        for part in ("camera", "microphone", "line"):
            await light(page, part, "green")
        await says(page, "Écoutez le son")


async def test_all_is_well(page: Page, kiosk: Bench) -> None:
    await check(page, kiosk.link)
    for part in ("camera", "microphone", "line"):
        await light(page, part, "green")
    await light(page, "speaker", "unknown")
    await says(page, "Écoutez le son")
    await expect(page.get_by_test_id("precheck-figures")).to_contain_text("bit/s, envoyé")
    level = page.get_by_test_id("precheck-level")
    await until(lambda: level.evaluate("meter => meter.value > 0.1"))  # it moves with the sound
    await page.get_by_test_id("precheck-listen").click()
    await page.get_by_test_id("precheck-unheard").click()
    await light(page, "speaker", "red")
    await says(page, "Montez le volume")
    await page.get_by_test_id("precheck-listen").click()
    await page.get_by_test_id("precheck-heard").click()
    await light(page, "speaker", "green")
    await says(page, "Tout est prêt")
    await page.get_by_test_id("language").click()
    await says(page, "Everything is ready")


async def test_joining_never_waits_for_a_check_and_ends_it(page: Page, kiosk: Bench) -> None:
    def is_probe(request: Request) -> bool:
        return "/probe" in request.url

    probes: list[str] = []
    async with LineRelay() as line:
        await page.goto(through(kiosk.link, line.tcp("127.0.0.1", kiosk.rendezvous.port)))
        await measured(page)
        line.set(rate_kbps=60, queue_ms=400)  # a check would last for seconds
        async with page.expect_request(is_probe):
            await page.get_by_test_id("preview").click()
        async with page.expect_event("requestfailed", is_probe):
            await page.get_by_test_id("join").click()
        page.on("request", lambda request: probes.append(request.url) if is_probe(request) else None)
        line.set(rate_kbps=0)
        await in_state(page, "connected")
    await expect(page.get_by_test_id("precheck")).to_be_hidden()
    assert probes == []


async def test_no_check_begins_between_joining_and_the_call(page: Page, kiosk: Bench) -> None:
    probes: list[str] = []
    await check(page, kiosk.link)
    await light(page, "line", "green")
    page.on("request", lambda request: probes.append(request.url) if "/probe" in request.url else None)
    await page.evaluate(
        """() => ["join-button", "join-preview"].forEach((id) => document.getElementById(id).click())"""
    )
    await in_state(page, "connected")
    assert probes == []


async def test_camera_and_microphone_refused(kiosk: Bench) -> None:
    async with tab(without=("--use-fake-ui-for-media-stream",)) as page:
        await check(page, kiosk.link)
        await light(page, "camera", "red")
        await light(page, "microphone", "red")
        await light(page, "line", "green")
        await says(page, "Autorisez la caméra et le micro")
        await page.get_by_test_id("join").click()
        await in_state(page, "connected")


def silence(path: Path) -> str:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(bytes(48_000 * 2 * 2))
    return f"--use-file-for-fake-audio-capture={path}"


def covered(path: Path) -> str:
    """Black pictures with a little noise, as Y4M."""
    width, height = 320, 240
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W%d H%d F15:1 Ip A1:1 C420jpeg\n" % (width, height))
        for seed in range(4):
            luma = np.random.default_rng(seed).integers(16, 24, width * height).astype(np.uint8)
            file.write(b"FRAME\n" + luma.tobytes() + bytes([128]) * (width * height // 2))
    return f"--use-file-for-fake-video-capture={path}"


@pytest.mark.parametrize(
    ("make", "name", "part", "other", "words"),
    [
        (silence, "silence.wav", "microphone", "camera", "On ne vous entend pas"),
        (covered, "covered.y4m", "camera", "microphone", "Votre image est noire"),
    ],
    ids=["silent", "covered"],
)
async def test_one_fault_is_one_red_light(
    kiosk: Bench, tmp_path: Path, make: Callable[[Path], str], name: str, part: str, other: str, words: str
) -> None:
    async with tab(make(tmp_path / name)) as page:
        await check(page, kiosk.link)
        await light(page, part, "red")
        await light(page, other, "green")
        await light(page, "line", "green")
        await says(page, words)


async def test_a_narrow_line_is_named(page: Page, kiosk: Bench) -> None:
    async with LineRelay() as line:
        await page.goto(through(kiosk.link, line.tcp("127.0.0.1", kiosk.rendezvous.port)))
        await measured(page)
        line.set("to_kiosk", queue_ms=400, rate_kbps=180)
        await page.get_by_test_id("preview").click()
        await measured(page)
        await light(page, "line", "orange")
        await says(page, "Votre ligne est faible")


async def test_a_relay_elsewhere_is_not_asked(page: Page, kiosk: Bench) -> None:
    """The page may speak to its own host alone: what cannot be measured is said, and nothing is blocked."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await check(page, f"{kiosk.link}@{to_text(b'wss://relay.example.org/signal')}")
    await expect(page.get_by_test_id("precheck-figures")).to_have_text("non mesurée", timeout=LONG_MS)
    await light(page, "line", "unknown")
    assert not any("relay.example.org" in url for url in asked)


CHECK_RELAY = """async (ice) => {
  const { checkRelay } = await import("./precheck_line.js");
  return checkRelay(ice, new AbortController().signal);
}"""


# The call begins when the first packet has left.
ABORTED_RELAY = """async (ice) => {
  const { checkRelay } = await import("./precheck_line.js");
  const call = new AbortController();
  const { send } = RTCDataChannel.prototype;
  RTCDataChannel.prototype.send = function (data) { call.abort(); send.call(this, data); };
  return checkRelay(ice, call.signal);
}"""


async def test_the_relay_lets_packets_through(page: Page, kiosk: Bench, tmp_path: Path) -> None:
    await page.goto(kiosk.link)
    async with turn_server(tmp_path) as turn:
        ice = servers_message(TurnSettings((turn.udp,), SECRET))["ice"]
        found = await page.evaluate(CHECK_RELAY, ice)
    assert found["reachable"] and found["loss"] == 0 and 0 <= found["rttMs"] < 1000


async def test_the_relay_is_left_alone_when_the_call_begins(page: Page, kiosk: Bench, tmp_path: Path) -> None:
    await page.goto(kiosk.link)
    async with turn_server(tmp_path) as turn:
        ice = servers_message(TurnSettings((turn.udp,), SECRET))["ice"]
        assert await page.evaluate(ABORTED_RELAY, ice) is None


async def test_a_relay_that_is_dead_is_found_out(page: Page, kiosk: Bench) -> None:
    await page.goto(kiosk.link)
    url = f"turn:127.0.0.1:{free_port()}?transport=udp"
    ice = servers_message(TurnSettings((url,), SECRET))["ice"]
    assert (await page.evaluate(CHECK_RELAY, ice))["reachable"] is False
    assert await page.evaluate(CHECK_RELAY, []) is None


async def test_large_text_stays_on_the_card(context: BrowserContext, kiosk: Bench) -> None:
    page = await context.new_page()
    await check(page, kiosk.link)
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    await light(page, "line", "green")
    width = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, "nothing beside the screen"
