"""A recording in the record: statistics over its time, and nothing that may pass for a spot check."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from devices import metrics
from devices.reading import Clock, DeviceIdentity, Kind, Quality, Quantity, Reading
from kiosk import record
from kiosk.fhir import codes
from kiosk.fhir.mapping import bundle_for
from kiosk.fhir.naming import Naming
from kiosk.fhir.report import report_text
from kiosk.fhir.wire import to_json
from tests.kiosk.fhir.test_validators import google, rust
from tests.kiosk.records import OPENED_AT, SITE, closed, session

NIGHT = Reading(
    uuid4(),
    Kind.OXIMETER,
    DeviceIdentity("contec_cms50_v7", model="Contec CMS50D+"),
    OPENED_AT - timedelta(hours=10),
    Clock.DEVICE,
    (
        Quantity(metrics.RECORDED, Decimal(28000)),
        Quantity(metrics.SPO2_RECORDED, Decimal(27000)),
        Quantity(metrics.SPO2_LOWEST, Decimal(82)),
        Quantity(metrics.SPO2_AVERAGE, Decimal("95.4")),
    ),
    frozenset({Quality.RECORDING, Quality.FROM_MEMORY, Quality.ATTACHED_BY_HELPER}),
    raw=b"\x14\x1a",
)
UNDATED = replace(NIGHT, clock=Clock.KIOSK, quality=NIGHT.quality | {Quality.TIME_UNSURE})


def bundle(reading: Reading, own_ids: bool = True) -> dict[str, Any]:
    return bundle_for("reading", record.reading_payload(SITE, session(), reading), Naming(own_ids=own_ids))


def observation(reading: Reading) -> dict[str, Any]:
    (found,) = [
        entry["resource"]
        for entry in bundle(reading)["entry"]
        if entry["resource"]["resourceType"] == "Observation"
    ]
    return found  # type: ignore[no-any-return]


def test_a_night_is_one_observation_without_a_value_of_its_own() -> None:
    night = observation(NIGHT)
    assert not [name for name in night if name.startswith("value")]
    assert night["effectivePeriod"] == {
        "start": NIGHT.taken_at.isoformat(),
        "end": (NIGHT.taken_at + timedelta(seconds=28000)).isoformat(),
    }
    assert "effectiveDateTime" not in night and "meta" not in night
    assert {each["code"] for each in night["code"]["coding"]} >= {"59408-5", "150456"}
    told = {each["code"]["text"]: each["valueQuantity"] for each in night["component"]}
    assert {name: (str(each["value"]), each["code"]) for name, each in told.items()} == {
        "Durée de l’enregistrement": ("28000", "s"),
        "dont avec une valeur de SpO2": ("27000", "s"),
        "SpO2 la plus basse": ("82", "%"),
        "SpO2 moyenne": ("95.4", "%"),
    }
    said = [each["code"].get("coding", [{}])[0] for each in night["component"]]
    assert [each.get("code") for each in said] == ["68185", None, "minimum", "average"]
    assert {each["system"] for each in said[2:]} == {codes.STATISTICS}


def test_of_one_that_no_clock_has_dated_no_period_is_made_up() -> None:
    night = observation(UNDATED)
    assert night["effectiveDateTime"] == NIGHT.taken_at.isoformat()
    assert codes.QUALITY_NOTES[Quality.TIME_UNSURE] in [note["text"] for note in night["note"]]


def test_the_report_says_that_it_is_no_spot_check() -> None:
    text = report_text(closed(), [NIGHT])
    assert "Durée de l’enregistrement 7:46:40" in text
    assert "SpO2 la plus basse 82 %" in text
    assert codes.QUALITY_NOTES[Quality.RECORDING] in text


def test_it_survives_the_outbox() -> None:
    payload = record.reading_payload(SITE, session(), NIGHT)
    assert record.decode_reading_payload(payload).reading == NIGHT
    assert len(payload) < 4000


def test_both_validators_accept_it() -> None:
    documents = [to_json(bundle(each, own)) for each in (NIGHT, UNDATED) for own in (True, False)]
    assert [rust(document) for document in documents] == [[]] * 4
    assert google(documents) == [""] * 4
    assert all(len(json.loads(document)["entry"]) == 2 for document in documents)
