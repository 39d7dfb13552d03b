"""What the physician reads when the kiosk cannot answer."""

from pathlib import Path

from playwright.async_api import BrowserContext, Page, expect

from kiosk.call.errors import CallReason
from kiosk.rendezvous.turn import TurnSettings
from tests.fakes.call_bench import Bench, bench
from tests.ui.physician.visit import in_state, join

ONE_MORE_SECTION = """
  const add = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function (...given) {
    add.call(this, "audio");
    return add.apply(this, given);
  };
"""
NOWHERE = TurnSettings(("turn:127.0.0.1:9?transport=udp",), "a-secret-of-this-test", relay_only=True)


async def test_a_browser_that_the_kiosk_cannot_answer(page: Page, kiosk: Bench) -> None:
    await page.add_init_script(ONE_MORE_SECTION)
    await join(page, kiosk.link, "unsuited")
    await expect(page.locator("#message-text")).to_contain_text("Demandez un nouveau lien au site")
    assert kiosk.notes.refused_offers == [CallReason.BAD_OFFER]


async def test_a_network_that_lets_nothing_through(context: BrowserContext, tmp_path: Path) -> None:
    async with bench(tmp_path, turn=NOWHERE) as kiosk:
        page = await context.new_page()
        await join(page, kiosk.link, "blocked")
        await expect(page.get_by_test_id("message-title")).to_contain_text("ne laisse pas passer l’appel")
        assert kiosk.notes.refused_offers == [CallReason.NO_RELAY]
        await page.wait_for_timeout(500)
        await in_state(page, "blocked", 1)
        await page.close()
