"""What the rendezvous reads in a frame, and what it only forwards."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.rendezvous.rooms import Role, token_hash
from kiosk.rendezvous.words import Dropped, Forward, Invite, Uninvite, read

ROOM, HASH = "a-room-for-a-guest-0", token_hash("the host's token")


def test_the_kiosk_opens_and_closes_a_room() -> None:
    invite = json.dumps({"type": "invite", "room": ROOM, "host": HASH})
    assert read(Role.KIOSK, invite) == Invite(ROOM, HASH)
    assert read(Role.KIOSK, json.dumps({"type": "uninvite", "room": ROOM})) == Uninvite(ROOM)
    for other in (Role.PHYSICIAN, Role.HOST):
        assert read(other, invite) == Dropped()


@pytest.mark.parametrize("kind", ["peer", "refused", "servers", "invited"])
@pytest.mark.parametrize("role", list(Role))
def test_nobody_speaks_in_the_rendezvous_name(role: Role, kind: str) -> None:
    assert read(role, json.dumps({"type": kind})) == Dropped()


@pytest.mark.parametrize(
    "order",
    [
        {"type": "invite", "room": ROOM},
        {"type": "invite", "room": "../..", "host": HASH},
        {"type": "invite", "room": ROOM, "host": HASH + "="},
        {"type": "invite", "room": ROOM, "host": 1},
        {"type": "uninvite", "room": None},
    ],
)
def test_a_malformed_order_does_nothing(order: dict[str, object]) -> None:
    assert read(Role.KIOSK, json.dumps(order)) == Dropped()


@pytest.mark.parametrize(
    "text", ["not JSON", "[]", "1", '{"type":["peer"]}', '{"type":"offer"}', "[" * 30_000]
)
def test_all_else_is_forwarded(text: str) -> None:
    assert read(Role.PHYSICIAN, text) == Forward()


@given(st.sampled_from(list(Role)), st.text(max_size=300))
def test_no_text_can_hurt(role: Role, text: str) -> None:
    read(role, text)
