"""The messages of docs/live-data.md: what we write, and what we accept."""

import json
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.reading import Attachment
from kiosk.call import wire
from kiosk.call.errors import CallError, CallReason
from kiosk.events import LineQuality
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


def test_what_the_page_may_say() -> None:
    one = uuid4()
    said = {
        f'{{"v":1,"type":"seen","ids":["{one}"]}}': wire.Seen((one,)),
        '{"v":1,"type":"request","what":"otoscope","on":false}': wire.Request("otoscope", False),
        '{"v":1,"type":"keep","what":"stethoscope"}': wire.Keep("stethoscope"),
        f'{{"v":1,"type":"invite","room":"a-room-for-a-guest-0","host":"{"h" * 43}"}}': wire.Invite(
            "a-room-for-a-guest-0", "h" * 43
        ),
        '{"v":1,"type":"uninvite"}': wire.Uninvite(),
        '{"v":1,"type":"keep","what":"stethoscope","site":"mitral"}': wire.Keep("stethoscope", "mitral"),
        '{"v":1,"type":"point","site":"lung_back_upper_left"}': wire.Point("lung_back_upper_left"),
        '{"v":1,"type":"point","site":""}': wire.Point(""),
        f'{{"v":1,"type":"clip_wanted","id":"{one}","first":7}}': wire.ClipWanted(one, 7),
        '{"v":1,"type":"ping","id":"a"}': wire.Ping("a"),
        '{"v":1,"type":"line","quality":"fair","rtt_ms":120,"loss":0.01}': wire.Line(
            LineQuality.FAIR, 120, 0.01
        ),
        '{"v":1,"type":"line","quality":"good"}': wire.Line(LineQuality.GOOD, None, None),
        '{"v":1,"type":"line","quality":"poor","picture":false}': wire.Line(
            LineQuality.POOR, None, None, picture=False
        ),
        '{"v":1,"type":"something new"}': None,
    }
    for text, message in said.items():
        assert wire.decode(text) == message


@pytest.mark.parametrize(
    "text",
    [
        b"{}",
        None,
        "",
        "nul",
        "[]",
        '"text"',
        "{}",
        '{"v":2,"type":"ping","id":1}',
        '{"v":1,"type":"seen"}',
        '{"v":1,"type":"seen","ids":"x"}',
        '{"v":1,"type":"seen","ids":["not a uuid"]}',
        '{"v":1,"type":"request","what":"cuff","on":true}',
        '{"v":1,"type":"request","what":["otoscope"],"on":true}',
        '{"v":1,"type":"request","what":"otoscope","on":1}',
        '{"v":1,"type":"ping","id":true}',
        '{"v":1,"type":"keep","what":"stethoscope","site":"<b>heart</b>"}',
        '{"v":1,"type":"point","site":"elsewhere"}',
        '{"v":1,"type":"point","site":null}',
        '{"v":1,"type":"point"}',
        '{"v":1,"type":"clip_wanted","id":"x"}',
        '{"v":1,"type":"clip_wanted","id":7}',
        '{"v":1,"type":"clip_wanted","id":"7e0c8d3e-6a59-4f6e-9f0e-0d6d3c3c8f11","first":-1}',
        '{"v":1,"type":"clip_wanted","id":"7e0c8d3e-6a59-4f6e-9f0e-0d6d3c3c8f11","first":true}',
        '{"v":1,"type":"ping","id":"' + "x" * 65 + '"}',
        '{"v":1,"type":"invite","room":"a-room-for-a-guest-0"}',
        '{"v":1,"type":"invite","room":"a room","host":"' + "h" * 43 + '"}',
        '{"v":1,"type":"invite","room":"a-room-for-a-guest-0","host":"' + "h" * 44 + '"}',
        '{"v":1,"type":"invite","room":["a-room-for-a-guest-0"],"host":"' + "h" * 43 + '"}',
        '{"v":1,"type":"line","quality":"superb"}',
        '{"v":1,"type":"line","quality":"good","rtt_ms":NaN}',
        '{"v":1,"type":"line","quality":"good","loss":-1}',
        "[" * 10_000,
        '{"v":1,"type":"seen","ids":["' + "x" * wire.TEXT_MAX + '"]}',
    ],
)
def test_everything_else_is_refused(text: object) -> None:
    with pytest.raises(CallError) as caught:
        wire.decode(text)
    assert caught.value.reason is CallReason.BAD_MESSAGE


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
_kinds = st.sampled_from(["seen", "request", "keep", "ping", "line", "invite", "other"])


@given(
    _kinds,
    st.dictionaries(
        st.sampled_from(["ids", "what", "on", "id", "quality", "rtt_ms", "loss", "room", "host"]), _json
    ),
)
def test_any_message_is_understood_or_refused(kind: str, fields: dict[str, object]) -> None:
    try:
        wire.decode(json.dumps({"v": 1, "type": kind, **fields}))
    except CallError as error:
        assert error.reason is CallReason.BAD_MESSAGE
