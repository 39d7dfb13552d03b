"""What the rendezvous says about relays, good and hostile."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.call.reaching.servers import URLS_MAX, BadServers, parse_servers
from kiosk.call.reaching.urls import Transport, parse_url
from kiosk.rendezvous.turn import TurnSettings, servers_message

TURN = "turn:relay.example.org:3478?transport=udp"


def message(**changes: Any) -> dict[str, Any]:
    entry = {"urls": [TURN], "username": "1:a", "credential": "b"}
    return {"type": "servers", "ice": [{**entry, **changes}], "relay_only": False}


def test_what_our_rendezvous_says_is_understood() -> None:
    urls = (TURN, "turn:relay.example.org:80?transport=tcp", "turns:relay.example.org:443?transport=tcp")
    said = servers_message(TurnSettings(urls, "a secret", ("stun:relay.example.org",), relay_only=True))
    servers = parse_servers(said)
    assert [server.url.text for server in servers.turn] == list(urls)
    assert [server.url.transport for server in servers.turn] == list(Transport)
    assert [url.port for url in servers.stun] == [3478]
    assert servers.relay_only
    assert servers.turn[0].credential not in repr(servers)


def test_no_servers_are_an_answer_too() -> None:
    assert parse_servers({"type": "servers", "ice": []}).turn == ()


@pytest.mark.parametrize(
    "url",
    [
        "turn:",
        "turn:a..b",
        "turn:-a",
        "turn:[::1]:3478",
        "turn:relay.example.org:0",
        "turn:relay.example.org:65536",
        "turn:relay.example.org?transport=sctp",
        "turns:relay.example.org?transport=udp",
        "stun:relay.example.org?transport=udp",
        "stuns:relay.example.org",
        "http://relay.example.org",
        "turn:user@relay.example.org",
        "turn:relay.example.org\n",
        f"turn:{'a' * 64}",
        f"turn:{'a.' * 200}a",
    ],
)
def test_a_strange_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"not like|port|transport|TCP"):
        parse_url(url)
    with pytest.raises(BadServers):
        parse_servers(message(urls=[url]))


@pytest.mark.parametrize(
    "hostile",
    [
        {"type": "servers"},
        {"ice": {}},
        {"ice": [1]},
        {"ice": [{}] * 9},
        {"ice": [], "relay_only": "no"},
        message(urls=[]),
        message(urls=TURN),
        message(urls=[TURN] * (URLS_MAX + 1)),
        message(urls=[None]),
        message(username=None),
        message(credential="x" * 513),
        message(credential="a\r\nb"),
        message(username="é"),
        {"ice": [*message()["ice"] * 4, message(urls=[TURN] * 5)["ice"][0]]},
    ],
)
def test_a_hostile_message_is_refused_with_a_reason(hostile: dict[str, Any]) -> None:
    with pytest.raises(BadServers) as caught:
        parse_servers(hostile)
    assert str(caught.value)
    assert "\n" not in str(caught.value)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=10) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=15,
)
_ENTRY = st.fixed_dictionaries(
    {},
    optional={
        "urls": st.lists(st.sampled_from([TURN, "stun:a", "turn:b:1"]) | st.text() | _JSON, max_size=10)
        | _JSON,
        "username": st.text() | _JSON,
        "credential": st.text() | _JSON,
    },
)


@given(
    st.fixed_dictionaries(
        {},
        optional={"ice": st.lists(_ENTRY | _JSON, max_size=10) | _JSON, "relay_only": st.booleans() | _JSON},
    )
)
def test_anything_is_either_bounded_or_refused(said: dict[str, Any]) -> None:
    try:
        servers = parse_servers(said)
    except BadServers:
        return
    assert len(servers.turn) + len(servers.stun) <= URLS_MAX
    for server in servers.turn:
        assert server.url.host.isascii()
        assert 1 <= server.url.port <= 65535
        assert server.username.isprintable()


@given(st.text(max_size=400) | st.from_regex(r"(stun|turns?):[a-z.:-]{1,80}(\?transport=\w+)?"))
def test_every_address_can_be_looked_up_or_is_refused(text: str) -> None:
    try:
        url = parse_url(text)
    except ValueError:
        return
    url.host.encode("idna")  # what the name look-up does first
