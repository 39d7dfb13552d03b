"""The nearest relay, and the more direct way among those about as near."""

from hypothesis import given
from hypothesis import strategies as st

from kiosk.call.reaching.choice import SIMILAR_MS, Answer, Failure, choose
from kiosk.call.reaching.servers import TurnServer
from kiosk.call.reaching.urls import parse_url

WAYS = {
    "udp": "turn:a:3478?transport=udp",
    "tcp": "turn:a:3478?transport=tcp",
    "tls": "turns:a:5349?transport=tcp",
}


def answer(way: str, rtt_ms: float | None) -> Answer:
    failure = Failure.SILENT if rtt_ms is None else None
    return Answer(TurnServer(parse_url(WAYS[way]), "u", "c"), rtt_ms, failure)


def chosen(*answers: Answer) -> str:
    best = choose(answers)
    return "none" if best is None else best.server.url.transport.name.lower()


def test_the_more_direct_way_wins_among_the_near_ones() -> None:
    assert chosen(answer("tls", 40), answer("tcp", 45), answer("udp", 60)) == "udp"
    assert chosen(answer("tls", 40), answer("tcp", 45)) == "tcp"


def test_a_much_nearer_relay_wins_whatever_the_way() -> None:
    assert chosen(answer("udp", 120), answer("tls", 40)) == "tls"


def test_the_dead_are_not_chosen() -> None:
    assert chosen(answer("udp", None), answer("tls", 900)) == "tls"
    assert chosen(answer("udp", None)) == "none"
    assert chosen() == "none"


@given(st.lists(st.builds(answer, st.sampled_from(list(WAYS)), st.none() | st.floats(0, 1000)), max_size=8))
def test_never_far_from_the_nearest(answers: list[Answer]) -> None:
    alive = [a.rtt_ms for a in answers if a.rtt_ms is not None]
    best = choose(answers)
    assert (best is None) == (not alive)
    if best is not None:
        assert best.rtt_ms <= min(alive) + SIMILAR_MS
