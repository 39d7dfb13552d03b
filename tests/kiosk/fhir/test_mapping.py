"""The record as FHIR: what is said, what is never said, and that the same bytes give the same bundle."""

import base64
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from devices import metrics
from devices.reading import Clock, Quality, Quantity, Reading
from kiosk import record
from kiosk.clip import record_clip
from kiosk.fhir import codes
from kiosk.fhir.errors import FhirError, FhirReason
from kiosk.fhir.mapping import bundle_for
from kiosk.fhir.naming import Naming
from kiosk.fhir.report import INCIDENTS, report_text
from kiosk.fhir.wire import from_json, to_json
from kiosk.session import IncidentKind
from tests.kiosk.fhir.items import whole_session
from tests.kiosk.records import SITE, closed, readings, session

OWN, CONDITIONAL = Naming(own_ids=True), Naming(own_ids=False)
GATEWAY = "Device?identifier=urn:oid:1.2.840.10004.1.1.1.0.0.1.0.0.1.2680|FE-ED-AB-EE-DE-AD-77-01"


def resources(number: int, naming: Naming = OWN) -> list[dict[str, Any]]:
    """The resources of one item of the whole session: 0 site, 1 open, 2 to 7 readings, 8 close."""
    item = whole_session("mapped")[number]
    return [entry["resource"] for entry in bundle_for(item.kind, item.payload, naming)["entry"]]


def of_type(found: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [each for each in found if each["resourceType"] == kind]


def test_every_metric_has_a_place_in_the_record() -> None:
    placed = {*codes.TEXTS, *codes.WAVEFORMS}
    assert placed == set(metrics.ALL_METRICS.values())
    assert not {*codes.TEXTS} & {*codes.WAVEFORMS}
    assert {code for metric in codes.TEXTS for code in metric.loinc} == set(codes.LOINC_NAMES)
    assert {metric.ucum for metric in codes.TEXTS} == set(codes.UNIT_TEXTS)


@pytest.mark.parametrize(
    "metric", [m for m in codes.TEXTS if m not in (*codes.PANEL, *codes.RECORDING)], ids=lambda m: m.key
)
def test_codes_and_unit_are_those_of_the_metric(metric: metrics.Metric) -> None:
    reading = replace(readings()[0], quantities=(Quantity(metric, Decimal("1.50")),))
    bundle = bundle_for("reading", record.reading_payload(SITE, session(), reading), OWN)
    observation = bundle["entry"][1]["resource"]
    said = [(c["system"], c["code"]) for c in observation["code"]["coding"]]
    assert said == [*((codes.LOINC, code) for code in metric.loinc), (codes.MDC, str(metric.mdc))]
    value = observation["valueQuantity"]
    assert (value["code"], value["system"], str(value["value"])) == (metric.ucum, codes.UCUM, "1.50")


@pytest.mark.parametrize("naming", [OWN, CONDITIONAL])
def test_the_same_bytes_give_the_same_bundle(naming: Naming) -> None:
    for item in whole_session("mapped"):
        first, second = (to_json(bundle_for(item.kind, item.payload, naming)) for _ in range(2))
        assert first == second
        assert len(json.loads(first)["entry"]) <= 8


def test_every_entry_creates_once() -> None:
    for item in whole_session("mapped"):
        for entry in bundle_for(item.kind, item.payload, OWN)["entry"]:
            kind, id_ = entry["resource"]["resourceType"], entry["resource"]["id"]
            assert entry["request"] == {"method": "PUT", "url": f"{kind}/{id_}"}
        for entry in bundle_for(item.kind, item.payload, CONDITIONAL)["entry"]:
            if item.kind == "close" and entry["resource"]["resourceType"] == "Encounter":
                assert entry["request"]["url"].startswith("Encounter?identifier=")
            else:
                assert entry["request"]["ifNoneExist"].startswith("identifier=")


def test_site() -> None:
    kinds = [r["resourceType"] for r in resources(0)]
    assert kinds == ["Organization", "Location", "Practitioner", "Device"]
    assert resources(0)[3]["type"]["coding"][0]["code"] == "531981"
    nobody = record.site_payload(replace(SITE, physician_rpps=""))
    assert len(bundle_for("site", nobody, OWN)["entry"]) == 3


def test_a_site_without_any_number_is_refused() -> None:
    with pytest.raises(FhirError) as caught:
        bundle_for("site", record.site_payload(replace(SITE, finess="", organization_id="")), OWN)
    assert caught.value.reason is FhirReason.INCOMPLETE_SITE


def test_opening_says_prov_and_never_the_ins() -> None:
    patient, encounter, consent = resources(1)
    assert patient["extension"][0]["extension"][0]["valueCoding"]["code"] == "PROV"
    assert b"269054958815780" not in to_json(resources(1))
    assert (encounter["status"], encounter["class"]["code"]) == ("in-progress", "VR")
    shown = consent["sourceAttachment"]
    assert base64.b64decode(shown["data"]).decode() == "Texte synthétique affiché."
    assert (shown["language"], shown["title"][-9:]) == ("fr", "version 3")
    assert shown["hash"] == "vlOk7ib2QYsd0cUaAfY3WPN2bNY="


def test_without_consent_there_is_no_bundle() -> None:
    now = session()
    assert now.consent is not None
    for wrong in (replace(now, consent=None), replace(now, consent=replace(now.consent, given=False))):
        with pytest.raises(FhirError) as caught:
            bundle_for("open", record.open_payload(SITE, wrong), OWN)
        assert caught.value.reason is FhirReason.NO_CONSENT


def test_oximeter() -> None:
    found = resources(2)
    assert [r["resourceType"] for r in found] == ["Device"] + ["Observation"] * 3
    assert found[0]["specialization"][0]["systemType"]["coding"][0]["code"] == "528388"
    assert found[0]["identifier"][1]["value"] == "00-00-5E-00-53-02"
    assert all(r["extension"][0]["valueReference"]["reference"] == GATEWAY for r in found[1:])
    assert b'"value":3.40' in to_json(found[3])


def test_cuff_is_a_panel_and_a_pulse() -> None:
    _, panel, pulse = resources(3)
    assert [c["code"]["coding"][0]["code"] for c in panel["component"]] == ["8480-6", "8462-4", "8478-0"]
    assert "valueQuantity" not in panel
    assert panel["component"][2]["dataAbsentReason"]["coding"][0]["code"] == "not-applicable"
    assert pulse["code"]["coding"][-1]["code"] == "149546"
    texts = [note["text"] for note in panel["note"]]
    assert texts[:2] == ["Pouls irrégulier signalé par l’appareil.", "Mouvement pendant la mesure."]


def test_absent_values_say_why() -> None:
    _, spo2, pulse = resources(7)
    assert "valueQuantity" not in spo2
    assert spo2["dataAbsentReason"]["coding"][0]["code"] == "not-performed"
    assert pulse["dataAbsentReason"]["coding"][0]["code"] == "error"
    assert spo2["note"][0]["text"] == "SpO2 : Capteur non placé sur le patient."


def test_early_estimates_and_foreign_clocks_are_said() -> None:
    early = replace(readings()[0], quality=frozenset({Quality.EARLY_ESTIMATE}), clock=Clock.CORRECTED)
    early = replace(early, clock_offset_s=Decimal("-3599.75"))
    bundle = bundle_for("reading", record.reading_payload(SITE, session(), early), OWN)
    observation = bundle["entry"][1]["resource"]
    assert observation["status"] == "preliminary"
    assert [note["text"] for note in observation["note"][1:]] == [
        "Heure de l’appareil, corrigée par la cabine.",
        "Horloge de la cabine moins horloge de l’appareil : -3599,75 s.",
    ]


def test_every_quality_and_every_incident_has_words() -> None:
    assert set(codes.QUALITY_NOTES) == set(Quality)
    assert set(INCIDENTS) == set(IncidentKind)


def test_pictures_and_sounds() -> None:
    _, still = resources(5)
    assert base64.b64decode(still["content"]["data"]).startswith(b"\xff\xd8")
    assert (still["type"]["coding"][0]["code"], still["bodySite"]["text"]) == ("image", "Tympan droit")
    _, clip = resources(6)
    assert clip["content"]["contentType"] == "audio/flac"
    assert clip["bodySite"]["text"] == "Foyer mitral (apex)"
    assert clip["content"]["title"] == "Auscultation, Foyer mitral (apex)"
    assert clip["content"]["size"] == 4004


def test_a_picture_says_how_it_was_turned() -> None:
    payload = record.decode_reading_payload(whole_session("turned")[5].payload)
    assert payload.reading.attachment is not None
    held = replace(payload.reading.attachment, turned_deg=90, mirrored=True)
    turned = replace(payload.reading, attachment=held)

    def notes(reading: Reading) -> str:
        bundle = bundle_for("reading", record.reading_payload(SITE, session(), reading), OWN)
        still = bundle["entry"][-1]["resource"]
        assert still["resourceType"] == "Media"
        return " ".join(note["text"] for note in still.get("note", []))

    assert "tournée de 90° dans le sens horaire" in notes(turned) and "miroir" in notes(turned)
    assert "miroir" not in notes(payload.reading) and "tournée" not in notes(payload.reading)


def test_a_sound_says_at_which_rate_it_was_captured() -> None:
    payload = record.decode_reading_payload(whole_session("rate")[6].payload)
    assert payload.reading.attachment is not None
    clip = replace(payload.reading.attachment, data=record_clip(np.zeros(441, dtype=np.int16), 44_100))
    heard = replace(payload.reading, attachment=clip)
    bundle = bundle_for("reading", record.reading_payload(SITE, session(), heard), OWN)
    media = bundle["entry"][-1]["resource"]
    assert media["resourceType"] == "Media"
    said = "Son de l’instrument sans filtre ni gain du poste, à 44100 Hz, 16 bits, mono."
    assert media["note"][0]["text"] == said, "the volume of the source is not in our hands"


def test_content_is_apart_where_the_server_takes_our_ids() -> None:
    payload = whole_session("apart")[6].payload
    naming = Naming(own_ids=True, binaries=True)
    _, binary, clip = (entry["resource"] for entry in bundle_for("reading", payload, naming)["entry"])
    inside = bundle_for("reading", payload, OWN)["entry"][1]["resource"]["content"]
    assert clip["content"] == {
        **{k: v for k, v in inside.items() if k != "data"},
        "url": f"Binary/{binary['id']}",
    }
    assert (binary["data"], binary["contentType"]) == (inside["data"], "audio/flac")
    assert binary["securityContext"] == clip["subject"]


def test_raw_frames_are_not_sent() -> None:
    reading = replace(readings()[0], raw=b"evidence-of-the-wire")
    bundle = to_json(bundle_for("reading", record.reading_payload(SITE, session(), reading), OWN))
    for trace in (b"evidence", b"evidence".hex().encode(), base64.b64encode(b"evidence")[:10]):
        assert trace not in bundle


def test_a_waveform_metric_is_no_observation() -> None:
    wrong = replace(readings()[0], quantities=(Quantity(metrics.PLETH, Decimal(1)),))
    with pytest.raises(FhirError) as caught:
        bundle_for("reading", record.reading_payload(SITE, session(), wrong), OWN)
    assert caught.value.reason is FhirReason.UNKNOWN_METRIC


def test_close_finishes_the_encounter_and_reports_every_incident() -> None:
    encounter, report = resources(8)
    assert (encounter["status"], encounter["period"]["end"]) == ("finished", "2026-11-22T08:25:00+00:00")
    assert encounter["participant"][0]["period"] == {"start": "2026-11-22T08:02:00+00:00"}
    assert report["type"]["coding"][0]["code"] == "85208-7"
    text = base64.b64decode(report["content"][0]["attachment"]["data"]).decode()
    assert text == report_text(closed("mapped"), readings("mapped"))
    for words in (
        "Incidents techniques : 2",
        "Communication avec le médecin coupée : 1 fois",
        "22/11/2026 08:06:00 (UTC+0000) : Instrument débranché ou hors de portée (Oxymètre)",
        "SpO2 97 %, Fréquence du pouls 72 /min, Index de perfusion 3,40 %",
        "Mesures mises de côté, non rattachées au patient : 3",
        "22/11/2026 08:04:00 (UTC+0000) : n’est pas de ce patient",
        "22/11/2026 08:05:00 (UTC+0000) : rattachée au patient",
    ):
        assert words in text


def test_what_the_helper_attached_says_so_in_the_observation_and_the_report() -> None:
    marks = frozenset({Quality.ATTACHED_BY_HELPER, Quality.BEFORE_CONSULTATION})
    reading = replace(readings()[2], quality=marks)
    bundle = bundle_for("reading", record.reading_payload(SITE, session(), reading), OWN)
    said = ["Rattachée au patient par l’accompagnant.", "Datée d’avant la consultation."]
    assert [note["text"] for note in bundle["entry"][1]["resource"]["note"]] == said
    assert f"37,20 °C ({' '.join(said)})" in report_text(closed(), [reading])


def test_a_session_that_goes_on_cannot_be_closed() -> None:
    with pytest.raises(FhirError) as caught:
        bundle_for("close", record.close_payload(SITE, session()), OWN)
    assert caught.value.reason is FhirReason.NOT_CLOSED


def test_damaged_bytes_are_refused() -> None:
    for kind, data in (("open", b"{"), ("other", b"{}"), ("site", b'{"v":1,"data":{}}')):
        with pytest.raises(FhirError) as caught:
            bundle_for(kind, data, OWN)
        assert caught.value.reason is FhirReason.BAD_RECORD


def test_names_with_reserved_characters_stay_one_identifier() -> None:
    payload = record.site_payload(replace(SITE, location_id="salle 1&2|b"))
    request = bundle_for("site", payload, CONDITIONAL)["entry"][1]["request"]
    assert request["ifNoneExist"].endswith("sid/location|salle%201%262%7Cb")


def test_decimals_keep_their_digits_on_the_wire() -> None:
    assert (
        to_json({"b": [Decimal("37.20"), Decimal("1E+2")], "a": "é"}) == '{"a":"é","b":[37.20,100]}'.encode()
    )
    assert from_json(b"[37.20]") == [Decimal("37.20")]
    with pytest.raises(TypeError):
        to_json(1.5)
