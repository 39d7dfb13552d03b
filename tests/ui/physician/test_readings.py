"""What was measured appears exactly as the device gave it, once, and is acknowledged."""

import json
from dataclasses import replace

from playwright.async_api import Page, expect

from devices import metrics
from devices.reading import Absent, Kind, Quality
from drivers.instrument import InstrumentState, InstrumentStatus, Reason
from kiosk.call import wire
from tests.fakes.call_bench import Bench
from tests.ui.physician import samples
from tests.ui.physician.visit import in_state, join, row


async def test_tiles_show_the_exact_values(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    for reading in (samples.oximeter(), samples.cuff(90, Quality.IRREGULAR_PULSE), samples.thermometer()):
        kiosk.call.send_reading(reading)
    shown = {
        "spo2": "97", "pulse_rate": "72", "perfusion_index": "3.40", "systolic": "128", "diastolic": "79",
        "mean_pressure": "95", "cuff_pulse_rate": "74", "body_temperature": "36.70",
    }  # fmt: skip
    for metric, value in shown.items():
        await expect(page.get_by_test_id(f"value-{metric}")).to_have_text(value)
    await expect(page.get_by_test_id("tile-temperature")).to_contain_text("°C")
    await expect(page.get_by_test_id("tile-pressure")).to_contain_text("mmHg")
    await expect(page.get_by_test_id("tile-pressure")).to_contain_text("il y a 1 min")
    await expect(page.get_by_test_id("tile-pressure")).to_contain_text(
        "pouls irrégulier signalé par l’appareil"
    )


async def test_what_few_sites_own_takes_no_place_before_it_has_measured(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    kiosk.call.send_reading(samples.thermometer())
    await expect(page.get_by_test_id("value-body_temperature")).to_be_visible()
    for tile in ("heart", "weight", "glucose"):
        await expect(page.get_by_test_id(f"tile-{tile}")).to_be_hidden()
    weighed = ((metrics.BODY_WEIGHT, "68.4"), (metrics.BODY_MASS_INDEX, "23.1"))
    kiosk.call.send_reading(samples.reading(Kind.SCALE, *weighed))
    sugar = samples.reading(Kind.GLUCOMETER, (metrics.GLUCOSE_MOLAR, "5.8"), quality=(Quality.FASTING,))
    kiosk.call.send_reading(sugar)
    await expect(page.get_by_test_id("tile-weight")).to_contain_text("68.4kg")
    await expect(page.get_by_test_id("tile-weight")).to_contain_text("IMC 23.1 kg/m²")
    await expect(page.get_by_test_id("tile-glucose")).to_contain_text("5.8mmol/L")
    await expect(page.get_by_test_id("tile-glucose")).to_contain_text("à jeun, selon l’appareil")
    await expect(page.get_by_test_id("tile-heart")).to_be_hidden()


async def test_a_recording_has_a_place_of_its_own_and_is_no_spot_check(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    kiosk.call.send_reading(samples.oximeter())
    await expect(page.get_by_test_id("value-spo2")).to_have_text("97")
    await expect(page.get_by_test_id("tile-recording")).to_be_hidden()
    night = samples.night()
    kiosk.call.send_reading(night)
    tile = page.get_by_test_id("tile-recording")
    await expect(tile).to_contain_text("SpO₂ enregistrée : la plus basse")
    await expect(page.get_by_test_id("value-spo2_lowest")).to_have_text("82")
    await expect(tile).to_contain_text("moyenne 95.4 %")
    await expect(tile).to_contain_text("durée 7:46:40 h:min:s")
    await expect(tile).to_contain_text("enregistrement dans la durée, pas une mesure ponctuelle")
    await expect(page.get_by_test_id("value-spo2")).to_have_text("97")
    await expect(await row(page, night)).to_contain_text("SpO₂ la plus basse 82 %")


async def test_what_the_helper_attached_says_so_and_never_covers_what_was_measured(
    page: Page, kiosk: Bench
) -> None:
    await join(page, kiosk.link)
    why = (Quality.ATTACHED_BY_HELPER, Quality.BEFORE_CONSULTATION)
    attached = samples.cuff(3 * 86_400, *why)
    kiosk.call.send_reading(attached)
    tile = page.get_by_test_id("tile-pressure")
    await expect(tile).to_contain_text(
        "rattachée au patient par l’accompagnant, datée d’avant la consultation"
    )
    await expect(tile).to_contain_text(attached.taken_at.astimezone().strftime("%d/%m/%Y"))
    unsure = samples.thermometer(-3600, "39.90", Quality.ATTACHED_BY_HELPER, Quality.TIME_UNSURE)
    kiosk.call.send_reading(unsure)
    await expect(await row(page, unsure)).to_contain_text("heure de la mesure inconnue")
    await expect(page.get_by_test_id("tile-temperature").locator(".age")).to_have_text("")
    kiosk.call.send_reading(samples.thermometer())
    await expect(page.get_by_test_id("value-body_temperature")).to_have_text("36.70")
    again = samples.thermometer(-3600, "39.80", Quality.ATTACHED_BY_HELPER, Quality.TIME_UNSURE)
    kiosk.call.send_reading(again)
    await row(page, again)
    await expect(page.get_by_test_id("value-body_temperature")).to_have_text("36.70")


async def test_an_absent_value_is_said_in_words(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    kiosk.call.send_reading(samples.oximeter())
    await expect(page.get_by_test_id("value-spo2")).to_have_text("97")
    kiosk.call.send_reading(samples.oximeter(Absent.SENSOR_OFF, Absent.INVALID))
    await expect(page.get_by_test_id("value-spo2")).to_have_text("doigt absent")
    await expect(page.get_by_test_id("value-pulse_rate")).to_have_text("mesure non valable")
    await expect(page.get_by_test_id("tile-spo2")).not_to_contain_text("97")


async def test_what_the_kiosk_leaves_out_is_filled_in_from_an_earlier_reading(
    page: Page, kiosk: Bench
) -> None:
    await join(page, kiosk.link)
    first = samples.oximeter("97", "72", Quality.MOTION)
    kiosk.call.send_reading(first)
    await kiosk.until(lambda: first.id in kiosk.notes.seen_ids)
    second = samples.oximeter("96.50", Absent.INVALID)
    kiosk.call.send_reading(second)
    shown = await row(page, second)
    for text in ("CMS50D+", "SpO₂ 96.50 %", "mesure non valable", "3.40 %"):
        await expect(shown).to_contain_text(text)
    await expect(shown.locator("td").last).to_have_text("sans remarque")
    await kiosk.until(lambda: second.id in kiosk.notes.seen_ids)


async def test_a_kiosk_that_was_started_anew_means_its_own_numbers(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    oximeter, cuff = samples.oximeter(), samples.cuff(90)
    for reading in (oximeter, cuff):
        kiosk.call.send_reading(reading)
        await row(page, reading)
    later = replace(samples.cuff(84), identity=cuff.identity)
    send = kiosk.call._connections.channels.send_live
    for number, reading in enumerate((cuff, oximeter), 1):
        send(wire.reading(reading, number, history=True))
    await kiosk.until(lambda: kiosk.notes.seen_ids.count(oximeter.id) == 2)
    send(wire.reading(later, 3, False, (1, cuff)))
    shown = await row(page, later)
    assert await shown.get_attribute("data-kind") == "cuff"
    await expect(page.get_by_test_id("value-mean_pressure")).to_have_text("95")
    await expect(page.get_by_test_id("history-row")).to_have_count(3)


async def test_a_reading_like_one_that_is_not_here_is_not_shown(page: Page, kiosk: Bench) -> None:
    """And not acknowledged: the kiosk sends it again."""
    await join(page, kiosk.link)
    earlier, reading = samples.oximeter(), samples.oximeter("91")
    for like in (7, "length", None):
        message = json.loads(wire.reading(reading, 2, False, (1, earlier))) | {"like": like}
        kiosk.call._connections.channels.send_live(json.dumps(message))
    last = samples.oximeter("99")
    kiosk.call.send_reading(last)
    await row(page, last)
    await expect(page.get_by_test_id("history-row")).to_have_count(1)


async def test_an_older_reading_does_not_replace_a_newer_one(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    kiosk.call.send_reading(samples.reading(Kind.THERMOMETER, (metrics.BODY_TEMPERATURE, "37.10")))
    old = samples.thermometer(age_s=600)
    kiosk.call.send_reading(old)
    await row(page, old)
    await expect(page.get_by_test_id("value-body_temperature")).to_have_text("37.10")


async def test_every_reading_once_also_after_a_cut(page: Page, kiosk: Bench) -> None:
    """On a new connection the kiosk sends what the page has not yet shown."""
    await join(page, kiosk.link)
    before = [samples.oximeter(str(90 + n)) for n in range(5)]
    for reading in before:
        kiosk.call.send_reading(reading)
    await kiosk.until(lambda: {r.id for r in before} <= set(kiosk.notes.seen_ids))
    await kiosk.call._connections.close()  # the kiosk's end dies without a word
    after = samples.oximeter("99")
    kiosk.call.send_reading(after)
    await row(page, after)
    await in_state(page, "connected")
    await expect(page.get_by_test_id("history-row")).to_have_count(6)
    await expect(page.get_by_test_id("history-count")).to_have_text("6")
    await kiosk.until(lambda: {r.id for r in (*before, after)} <= set(kiosk.notes.seen_ids))


async def test_instruments_in_words(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    kiosk.call.send_instruments(
        [
            InstrumentStatus("a", Kind.OXIMETER, "CMS50D+", InstrumentState.MEASURING),
            InstrumentStatus("b", Kind.CUFF, "UA-651", InstrumentState.LOST, Reason.TIMEOUT),
            InstrumentStatus("c", Kind.OXIMETER, "PC", InstrumentState.READY, also=(Kind.CUFF,)),
            InstrumentStatus("d", Kind.SCALE, "MIBFS", InstrumentState.READY, Reason.SEARCHING),
        ]
    )
    await expect(page.locator('[data-instrument="a"]')).to_contain_text("mesure en cours")
    await expect(page.locator('[data-instrument="b"]')).to_contain_text("perdu, ne répond pas")
    await expect(page.locator('[data-instrument="c"] .kind')).to_have_text("Oxymètre, Tensiomètre")
    await expect(page.locator('[data-instrument="d"]')).to_contain_text("poids pas encore stable")


async def test_cuff_pressure_while_it_measures(page: Page, kiosk: Bench) -> None:
    await join(page, kiosk.link)
    kiosk.call.send_waveform(samples.cuff_pressure(143))
    await expect(page.get_by_test_id("cuff-live")).to_contain_text("143 mmHg")
    kiosk.call.send_reading(samples.cuff())
    await expect(page.get_by_test_id("cuff-live")).to_be_hidden()
