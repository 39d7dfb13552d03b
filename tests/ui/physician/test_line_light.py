"""One light and one sentence of the line, in sight as long as there is something to say."""

from playwright.async_api import Page, expect

from tests.fakes.call_bench import Bench
from tests.fakes.line_relay import LineRelay, through
from tests.ui.physician.visit import join, narrow_for_good

# Seconds and what was judged at that moment; answers what the light is after each.
_SHOW = """async (seen) => {
  const { LineLight } = await import("/line_light.js");
  const light = new LineLight();
  return seen.map(([s, quality]) => (light.show(quality, s * 1000), light.quality));
}"""


async def lights(page: Page, kiosk: Bench, *seen: tuple[float, str]) -> list[str]:
    await page.goto(kiosk.link)
    shown: list[str] = await page.evaluate(_SHOW, [list(look) for look in seen])
    return shown


async def test_a_sentence_stays_long_enough_to_be_read(page: Page, kiosk: Bench) -> None:
    seen = (10, "good"), (11, "fair"), (12, "good"), (14, "poor"), (16, "poor"), (17, "good"), (22, "good")
    assert await lights(page, kiosk, *seen) == ["good", "fair", "fair", "fair", "poor", "poor", "good"]


async def test_a_cut_and_its_end_are_shown_at_once(page: Page, kiosk: Bench) -> None:
    seen = (10, "poor"), (11, "cut"), (12, "unknown"), (13, "good")
    assert await lights(page, kiosk, *seen) == ["poor", "cut", "unknown", "good"]


async def test_no_line_is_good_that_carries_no_moving_picture(page: Page, kiosk: Bench) -> None:
    """Few packets cross such a line, and all of them well."""
    await join(page, kiosk.link)
    light = page.get_by_test_id("line")
    await expect(light).to_have_attribute("data-quality", "good", timeout=20_000)
    narrow_for_good(kiosk)
    await expect(light).to_have_attribute("data-quality", "poor", timeout=20_000)


async def test_a_bad_line_is_said_beside_its_light_and_moves_no_picture(page: Page, kiosk: Bench) -> None:
    async with LineRelay() as line:
        await through(page, line)
        await join(page, kiosk.link)
        light, sentence, stage = (page.get_by_test_id(name) for name in ("line", "line-say", "stage"))
        before = await stage.bounding_box()
        line.set(delay_ms=250)
        await expect(sentence).to_contain_text("L’image et le son peuvent se couper", timeout=20_000)
        await expect(light).to_have_attribute("data-quality", "poor")
        await expect(sentence).to_be_in_viewport()
        assert await stage.bounding_box() == before
