"""What the kiosk says, as docs/live-data.md has it."""

import json
from dataclasses import replace

from devices.reading import Attachment, Clock, Kind
from kiosk.call import wire
from tests.fakes.call_content import oximetry


def test_a_reading_as_documented() -> None:
    reading = oximetry("97.50", Attachment("image/jpeg", b"x" * 1234, "ear-left"))
    assert json.loads(wire.reading(reading, 4, history=False)) == {
        "v": 1,
        "type": "reading",
        "id": str(reading.id),
        "seq": 4,
        "gap": False,
        "history": False,
        "kind": "oximeter",
        "device": {"key": "contec_cms50dplus", "name": "Contec CMS50D+", "model": "CMS50D+"},
        "t0": "2026-03-09T14:30:15.250+00:00",
        "clock": "kiosk",
        "quality": ["low_perfusion", "motion"],
        "quantities": [
            {
                "metric": "spo2",
                "mdc": 150456,
                "loinc": ["2708-6", "59408-5"],
                "unit": "%",
                "value": "97.50",
                "absent": None,
            },
            {
                "metric": "pulse_rate",
                "mdc": 149530,
                "loinc": ["8867-4", "8889-8"],
                "unit": "/min",
                "value": "72",
                "absent": None,
            },
            {
                "metric": "perfusion_index",
                "mdc": 150488,
                "loinc": ["61006-3"],
                "unit": "%",
                "value": None,
                "absent": "not_applicable",
            },
        ],
        "attachment": {"content_type": "image/jpeg", "bytes": 1234, "site": "ear-left"},
    }


def test_a_picture_that_was_turned_says_so() -> None:
    held = oximetry(attachment=Attachment("image/jpeg", b"x", "ear-left", 90, mirrored=True))
    assert json.loads(wire.reading(held, 5, history=False))["attachment"] == {
        "content_type": "image/jpeg", "bytes": 1, "site": "ear-left", "turned_deg": 90, "mirrored": True,
    }  # fmt: skip


def test_a_reading_like_an_earlier_one_as_documented() -> None:
    earlier, reading = oximetry("97"), oximetry("97.50")
    assert json.loads(wire.reading(reading, 4, history=False, like=(3, earlier))) == {
        "v": 1,
        "type": "reading",
        "id": str(reading.id),
        "seq": 4,
        "like": 3,
        "t0": "2026-03-09T14:30:15.250+00:00",
        "quality": ["low_perfusion", "motion"],
        "values": ["97.50", "72", {"absent": "not_applicable"}],
    }


def test_what_differs_in_more_than_values_is_told_whole() -> None:
    reading = oximetry()
    others = (
        oximetry(attachment=Attachment("image/jpeg", b"x", "")),
        oximetry(attachment=Attachment("image/jpeg", b"x", "", 270, mirrored=True)),
        replace(oximetry(), kind=Kind.CUFF),
        replace(oximetry(), clock=Clock.DEVICE),
        replace(oximetry(), identity=replace(reading.identity, firmware="B2")),
        replace(oximetry(), quantities=reading.quantities[:2]),
    )
    for other in others:
        for one, like in ((reading, other), (other, reading)):
            text = wire.reading(one, 4, history=False, like=(3, like))
            assert text == wire.reading(one, 4, history=False)
