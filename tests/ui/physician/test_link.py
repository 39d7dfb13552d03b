"""Links that work, that do not, and calls that end."""

import asyncio
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from kiosk.call.secret import room_of, to_text
from kiosk.events import CallPhase
from kiosk.rendezvous.tls import self_signed, server_context
from tests.fakes.call_bench import Bench, bench, rendezvous, trusting
from tests.fakes.rogue_relay import RogueRelay, with_other_fingerprint
from tests.ui.physician import samples
from tests.ui.physician.visit import in_state, join, row


async def message(page: Page, title: str) -> None:
    await expect(page.get_by_test_id("message-title")).to_contain_text(title)


def gone(kiosk: Bench) -> None:
    """The kiosk's process has ended: it does not come back to the relay by itself."""
    signalling = kiosk.call._signalling._task
    assert signalling is not None
    signalling.cancel()


def through(link: str, relay_url: str) -> str:
    """The same link, by another relay."""
    return f"{link}@{to_text(relay_url.encode())}"


async def test_joining(page: Page, kiosk: Bench) -> None:
    """Connected, the same words on both sides, and the secret gone from the address."""
    await join(page, kiosk.link)
    await kiosk.until_phase(CallPhase.CONNECTED)
    await expect(page.get_by_test_id("words")).to_have_text(" · ".join(kiosk.notes.states[-1].words))
    await expect(page.get_by_test_id("words-card")).to_contain_text("à voix haute")
    await expect(page.get_by_test_id("site")).to_have_text("Pharmacie du Port")
    await expect(page.get_by_test_id("line")).to_have_attribute("data-quality", "good", timeout=15_000)
    assert "#" not in page.url


async def test_nothing_comes_from_another_host(page: Page, kiosk: Bench) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await join(page, kiosk.link)
    home = kiosk.link.split("#")[0]
    assert asked
    assert all(url.startswith(home) for url in asked)


async def test_reloading_takes_the_same_seat(page: Page, kiosk: Bench) -> None:
    reading = samples.oximeter()
    await join(page, kiosk.link)
    kiosk.call.send_reading(reading)
    await row(page, reading)
    await page.reload()
    await page.get_by_test_id("join").click()
    await in_state(page, "connected")
    await row(page, reading)


async def test_a_second_person_is_refused(page: Page, kiosk: Bench, browser: Browser) -> None:
    await join(page, kiosk.link)
    other = await browser.new_context(ignore_https_errors=True)
    second = await other.new_page()
    await join(second, kiosk.link, "used")
    await message(second, "Ce lien a déjà servi")
    await other.close()
    await kiosk.until(lambda: kiosk.notes.refused == 1)
    await in_state(page, "connected")


async def test_an_incomplete_link(page: Page, kiosk: Bench) -> None:
    await page.goto(kiosk.link[:-5])
    await message(page, "Lien incomplet")
    await expect(page.get_by_test_id("join")).to_be_hidden()


async def test_a_link_to_nowhere(page: Page, kiosk: Bench) -> None:
    head, secret = kiosk.link.split("#")
    await join(page, f"{head}#{secret[::-1][1:]}A", "dead")
    await message(page, "Ce lien n’est plus valable")


async def test_the_site_closes_the_consultation(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    own = await page.get_by_test_id("self-video").evaluate_handle("v => v.srcObject")
    await kiosk.call.close()
    await in_state(page, "ended")
    await message(page, "Consultation terminée")
    assert await own.evaluate("stream => stream.getTracks().every(track => track.readyState === 'ended')")


async def test_a_tampered_fingerprint_ends_the_call(page: Page, tmp_path: Path) -> None:
    async with bench(tmp_path / "true") as kiosk:
        upstream = f"wss://localhost:{kiosk.rendezvous.port}/signal"
        certificate = server_context(*self_signed(tmp_path / "rogue", ("localhost", "127.0.0.1")))

        def change(sender: str, text: dict[str, object]) -> dict[str, object]:
            return with_other_fingerprint(text) if text["type"] == "offer" and sender == "physician" else text

        async with RogueRelay(upstream, certificate, trusting(kiosk.rendezvous), change) as relay:
            await page.goto(through(kiosk.link, relay.url))
            await page.get_by_test_id("join").click()
            await in_state(page, "tampered")
            await message(page, "Appel interrompu")
            assert kiosk.notes.phase is CallPhase.TAMPERED


async def test_a_forged_answer_ends_the_call(page: Page, kiosk: Bench) -> None:
    """The page itself notices, whatever the kiosk thinks."""

    def forge(text: str | bytes) -> str:
        return str(text).replace("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 00:")

    def between(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        server.on_message(lambda text: route.send(forge(text)))

    await page.route_web_socket("**/signal?*", between)
    await join(page, kiosk.link, "tampered")
    await message(page, "Appel interrompu")
    await kiosk.until_phase(CallPhase.TAMPERED)


async def test_other_words_end_the_call(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    await page.get_by_test_id("words-different").click()
    await message(page, "Appel interrompu")


async def test_the_server_cannot_be_reached(page: Page, kiosk: Bench) -> None:
    """Tries again by itself, and comes through once the way is free."""
    await page.goto(kiosk.link, wait_until="networkidle")
    await page.context.set_offline(True)
    await page.get_by_test_id("join").click()
    await in_state(page, "unreachable")
    await message(page, "Serveur injoignable")
    await page.context.set_offline(False)
    await in_state(page, "connected")


_NOTE_WAITS = """
(() => {
  globalThis.waits = [];
  Math.random = () => 0.3;
  const later = globalThis.setTimeout;
  globalThis.setTimeout = (act, ms, ...rest) => { waits.push(ms); return later(act, ms, ...rest); };
})();
"""
_GROWING = [650, 1300, 2600]  # 0.65 of 1, 2 and 4 s: nothing else on the page waits so long


async def test_a_rendezvous_that_is_restarted_is_found_again_by_both_sides(
    page: Page, kiosk: Bench, tmp_path: Path
) -> None:
    """In the middle of a call, which goes on meanwhile. The page's attempts grow rarer."""
    frames: list[str] = []
    await page.add_init_script(_NOTE_WAITS)
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    await join(page, kiosk.link)
    await kiosk.rendezvous.stop()
    await page.wait_for_function(f"() => {_GROWING}.every((ms) => waits.includes(ms))")
    assert await page.evaluate(f"waits.filter((ms) => {_GROWING}.includes(ms)).slice(0, 3)") == _GROWING
    await in_state(page, "connected")
    frames.clear()
    async with rendezvous(tmp_path, port=kiosk.rendezvous.port):
        await kiosk.until(lambda: any('"hello"' in frame for frame in frames), timeout_s=40)  # the kiosk's
    assert CallPhase.RECONNECTING not in kiosk.notes.phases


async def test_without_camera_and_microphone(browser: Browser, kiosk: Bench) -> None:
    context: BrowserContext = await browser.new_context(ignore_https_errors=True, locale="fr-FR")
    page = await context.new_page()
    await page.add_init_script(
        "navigator.mediaDevices.getUserMedia = "
        "() => Promise.reject(new DOMException('no', 'NotAllowedError'))"
    )
    await join(page, kiosk.link)
    await expect(page.locator("#own-missing")).to_contain_text("Caméra et micro refusés")
    await expect(page.get_by_test_id("mute")).to_be_disabled()
    await context.close()


async def test_a_cut_is_said_and_mended(page: Page, kiosk: Bench, tmp_path: Path) -> None:
    """While nothing arrives the page says so, and never shows an old picture as if it were live."""
    reading = samples.oximeter()
    await join(page, kiosk.link)
    kiosk.call.send_reading(reading)
    await row(page, reading)
    await kiosk.rendezvous.stop()
    await kiosk.call._connections.close()
    await in_state(page, "reconnecting")
    await expect(page.get_by_test_id("banner")).to_contain_text("Liaison coupée")
    await expect(page.locator("#patient-state")).to_have_text("Reconnexion…")
    await expect(page.get_by_test_id("line")).to_have_attribute("data-quality", "cut")
    await expect(page.get_by_test_id("value-spo2")).to_have_text("97")
    async with rendezvous(tmp_path, port=kiosk.rendezvous.port):
        await in_state(page, "connected", timeout_ms=40_000)


async def test_impatient_reloads_end_nothing(page: Page, kiosk: Bench) -> None:
    """Whatever is under way from the page before, a true page never takes itself for a forger."""
    await page.goto(kiosk.link)
    for _ in range(4):
        await page.get_by_test_id("join").click()
        await page.reload()
    await page.get_by_test_id("join").click()
    await in_state(page, "connected")
    assert CallPhase.TAMPERED not in kiosk.notes.phases


async def test_a_kiosk_that_restarts_is_waited_for(page: Page, kiosk: Bench, tmp_path: Path) -> None:
    """Its helper has to take the session up again first; until then the relay knows no such room."""
    await page.clock.install()
    await join(page, kiosk.link)
    await kiosk.rendezvous.stop()
    await kiosk.call._connections.close()
    await in_state(page, "reconnecting")
    async with rendezvous(tmp_path, port=kiosk.rendezvous.port) as again:
        gone(kiosk)
        asked = page.wait_for_event("websocket")
        await page.clock.fast_forward("00:20")
        await asked
        await page.clock.fast_forward("09:00")
        await expect(page.locator("#patient-state")).to_have_text("Reconnexion…")
        await in_state(page, "reconnecting")
        again.reserve(room_of(kiosk.call.saved()))
        await page.clock.fast_forward("00:20")
        await in_state(page, "reconnecting")


async def test_nobody_waits_for_ever(page: Page, kiosk: Bench, tmp_path: Path) -> None:
    await page.clock.install()
    await join(page, kiosk.link)
    await kiosk.rendezvous.stop()
    await kiosk.call._connections.close()
    async with rendezvous(tmp_path, port=kiosk.rendezvous.port):
        gone(kiosk)
        for _ in range(20):
            await page.clock.fast_forward("00:50")
            await asyncio.sleep(0.5)  # an attempt needs some true time to be refused
            if await page.locator("body").get_attribute("data-state") == "dead":
                break
        await in_state(page, "dead")


async def test_leaving_and_coming_back(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    await page.get_by_test_id("leave").click()
    await message(page, "Vous avez quitté la consultation")
    await kiosk.until_phase(CallPhase.LEFT)
    assert CallPhase.RECONNECTING not in kiosk.notes.phases
    await page.get_by_test_id("message-action").click()
    await in_state(page, "connected")
