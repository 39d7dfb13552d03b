"""The page in its three languages."""

import re

from playwright.async_api import Page, expect

from devices.reading import Absent
from tests.fakes.call_bench import Bench
from tests.ui.physician import samples
from tests.ui.physician.visit import join


async def test_the_other_languages(page: Page, kiosk: Bench) -> None:
    """English, then Arabic from right to left, then French again. Figures never turn round."""
    await join(page, kiosk.link)
    kiosk.call.send_reading(samples.oximeter(Absent.SENSOR_OFF))
    kiosk.call.send_reading(samples.cuff())
    for code, direction, finger, leave in (
        ("en", "ltr", "no finger", "Leave"),
        ("ar", "rtl", "لا إصبع", "مغادرة"),
        ("fr", "ltr", "doigt absent", "Quitter"),
    ):
        await page.get_by_test_id("language").click()
        await expect(page.get_by_test_id("value-spo2")).to_have_text(finger)
        await expect(page.locator("html")).to_have_attribute("lang", code)
        await expect(page.locator("html")).to_have_attribute("dir", direction)
        await expect(page.get_by_test_id("leave")).to_have_text(leave)
        systolic, diastolic = [
            await page.get_by_test_id(f"value-{metric}").bounding_box()
            for metric in ("systolic", "diastolic")
        ]
        assert systolic and diastolic and systolic["x"] < diastolic["x"]


_SENTENCES = """async () => {
  const [{ FR }, { EN }, { AR }] = await Promise.all(
    ["fr", "en", "ar"].map((name) => import(`/strings_${name}.js`)));
  const { GUEST } = await import("/strings_guest.js");
  return [{ ...FR, ...GUEST.fr }, { ...EN, ...GUEST.en }, { ...AR, ...GUEST.ar }];
}"""


async def test_every_sentence_is_there_in_every_language_with_its_figures(page: Page, kiosk: Bench) -> None:
    await page.goto(kiosk.link)
    languages: list[dict[str, str]] = await page.evaluate(_SENTENCES)
    places = [{key: sorted(re.findall(r"{\w+}", text)) for key, text in one.items()} for one in languages]
    assert len(places[0]) > 300
    assert places[1] == places[0] and places[2] == places[0]
    assert all(text.strip() for one in languages for text in one.values())
