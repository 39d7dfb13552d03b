"""What the page says, as docs/live-data.md has it: what we accept, and what not."""

import json
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.call import page_messages
from kiosk.call.errors import CallError, CallReason
from kiosk.events import LineQuality


def test_what_the_page_may_say() -> None:
    one = uuid4()
    said = {
        f'{{"v":1,"type":"seen","ids":["{one}"]}}': page_messages.Seen((one,)),
        '{"v":1,"type":"request","what":"otoscope","on":false}': page_messages.Request("otoscope", False),
        '{"v":1,"type":"keep","what":"stethoscope"}': page_messages.Keep("stethoscope"),
        f'{{"v":1,"type":"invite","room":"a-room-for-a-guest-0","host":"{"h" * 43}"}}': page_messages.Invite(
            "a-room-for-a-guest-0", "h" * 43
        ),
        '{"v":1,"type":"uninvite"}': page_messages.Uninvite(),
        '{"v":1,"type":"keep","what":"stethoscope","site":"mitral"}': page_messages.Keep(
            "stethoscope", "mitral"
        ),
        '{"v":1,"type":"point","site":"lung_back_upper_left"}': page_messages.Point("lung_back_upper_left"),
        '{"v":1,"type":"point","site":""}': page_messages.Point(""),
        f'{{"v":1,"type":"clip_wanted","id":"{one}","first":7}}': page_messages.ClipWanted(one, 7),
        '{"v":1,"type":"ping","id":"a"}': page_messages.Ping("a"),
        '{"v":1,"type":"line","quality":"fair","rtt_ms":120,"loss":0.01}': page_messages.Line(
            LineQuality.FAIR, 120, 0.01
        ),
        '{"v":1,"type":"line","quality":"good"}': page_messages.Line(LineQuality.GOOD, None, None),
        '{"v":1,"type":"line","quality":"poor","picture":false}': page_messages.Line(
            LineQuality.POOR, None, None, picture=False
        ),
        '{"v":1,"type":"something new"}': None,
    }
    for text, message in said.items():
        assert page_messages.decode(text) == message


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
        '{"v":1,"type":"seen","ids":["' + "x" * page_messages.TEXT_MAX + '"]}',
    ],
)
def test_everything_else_is_refused(text: object) -> None:
    with pytest.raises(CallError) as caught:
        page_messages.decode(text)
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
        page_messages.decode(json.dumps({"v": 1, "type": kind, **fields}))
    except CallError as error:
        assert error.reason is CallReason.BAD_MESSAGE
