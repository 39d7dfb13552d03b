"""Which messages count: late ones are ignored, old ones are never taken up, forged ones end the call."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.call.errors import CallError, CallReason
from kiosk.call.handshake import Greeted, Handshake, Message, Offered, Rejected
from kiosk.call.secret import Claim, derive, mac, new_nonce

KEYS = derive(bytes(range(32)))
SEAT = "s" * 22


class PageSide:
    """What one browser tab signs, with the nonces that it knows at the moment."""

    def __init__(self, kiosk: Handshake, seat: str = SEAT) -> None:
        self.kiosk, self.seat = kiosk, seat
        self.nonce = new_nonce()
        self.kiosk_nonce = ""

    def hello(self) -> Message:
        proof = mac(KEYS.physician, Claim("hello", nonce_page=self.nonce, seat=self.seat))
        return {"type": "hello", "nonce": self.nonce, "seat": self.seat, "mac": proof}

    def sign(self, kind: str, key: str, body: str) -> Message:
        claim = Claim(kind, self.kiosk_nonce, self.nonce, self.seat, body)
        return {"type": kind, key: body, "mac": mac(KEYS.physician, claim)}

    def offer(self, sdp: str = "sdp") -> Message:
        return self.sign("offer", "sdp", sdp)

    def meets(self, hello: Message) -> None:
        self.kiosk_nonce = str(hello["nonce"])


def met(kiosk: Handshake) -> PageSide:
    """A page that has come, with the kiosk's answer to it."""
    page = PageSide(kiosk)
    page.meets(kiosk.hello())
    assert kiosk.hear(page.hello()) == Greeted()
    return page


def tampered(kiosk: Handshake, message: Message) -> bool:
    with pytest.raises(CallError) as caught:
        kiosk.hear(message)
    return caught.value.reason is CallReason.TAMPERED


def test_an_offer_counts_once() -> None:
    kiosk = Handshake(KEYS)
    page = met(kiosk)
    assert kiosk.hear(page.offer()) == Offered("sdp")
    assert kiosk.hear(page.offer()) is None
    assert kiosk.hear(page.offer("another")) == Offered("another")


def test_an_offer_under_way_when_the_kiosk_came_back_to_the_relay_is_ignored() -> None:
    kiosk = Handshake(KEYS)
    page = met(kiosk)
    late = page.offer()
    page.meets(kiosk.hello())  # same page, same nonce of the page
    assert kiosk.hear(late) is None
    assert kiosk.hear(page.hello()) == Greeted()
    assert kiosk.hear(page.offer()) == Offered("sdp")


def test_what_a_page_said_before_its_reload_is_ignored() -> None:
    kiosk = Handshake(KEYS)
    before = met(kiosk)
    kiosk.peer_left()
    assert kiosk.hear(before.offer()) is None
    after = met(kiosk)
    assert kiosk.hear(before.offer()) is None
    assert kiosk.hear(before.hello()) is None  # and an echo of its hello changes nothing
    assert kiosk.hear(after.offer()) == Offered("sdp")


def test_a_reloaded_page_that_answers_an_older_hello_of_the_kiosk_is_ignored() -> None:
    """The relay gave it the hello that was meant for the page before."""
    kiosk = Handshake(KEYS)
    before = met(kiosk)
    after = PageSide(kiosk)
    after.kiosk_nonce = before.kiosk_nonce
    early = after.offer()
    kiosk.peer_left()
    hello = kiosk.hello()
    assert kiosk.hear(after.hello()) == Greeted()
    assert kiosk.hear(early) is None
    after.meets(hello)
    assert kiosk.hear(after.offer()) == Offered("sdp")


@given(st.lists(st.sampled_from(("reload", "kiosk_back")), max_size=6))
def test_no_offer_of_an_earlier_round_is_ever_taken_up(breaks: list[str]) -> None:
    kiosk = Handshake(KEYS)
    page, old = met(kiosk), []
    for what in breaks:
        old.append(page.offer())
        if what == "reload":
            kiosk.peer_left()
            page = met(kiosk)
        else:
            page.meets(kiosk.hello())
            kiosk.hear(page.hello())
        assert [kiosk.hear(message) for message in old] == [None] * len(old)
    assert kiosk.hear(page.offer()) == Offered("sdp")


def test_a_changed_offer_ends_the_call_in_any_round() -> None:
    kiosk = Handshake(KEYS)
    page = met(kiosk)
    late = page.offer()
    page.meets(kiosk.hello())
    assert tampered(kiosk, {**late, "sdp": "other"})
    assert tampered(kiosk, {**page.offer(), "sdp": "other"})
    assert tampered(kiosk, {"type": "offer", "sdp": "sdp"})
    assert tampered(kiosk, {"type": "offer", "mac": "x"})
    assert tampered(kiosk, {**page.hello(), "nonce": new_nonce()})


def test_the_kiosks_own_words_are_not_the_pages() -> None:
    kiosk = Handshake(KEYS)
    met(kiosk)
    assert tampered(kiosk, {**kiosk.answer("sdp"), "type": "offer"})


def test_a_second_browser_is_told_apart_from_tampering() -> None:
    kiosk = Handshake(KEYS)
    page = met(kiosk)
    with pytest.raises(CallError) as caught:
        kiosk.hear(PageSide(kiosk, seat="t" * 22).hello())
    assert caught.value.reason is CallReason.SEAT_TAKEN
    assert kiosk.hear(page.offer()) == Offered("sdp")


def test_the_page_may_end_it() -> None:
    kiosk = Handshake(KEYS)
    page = met(kiosk)
    assert kiosk.hear(page.sign("reject", "reason", "tampered")) == Rejected("tampered")


def test_what_is_signed_counts_only_once_both_have_said_hello() -> None:
    kiosk = Handshake(KEYS)
    page = PageSide(kiosk)
    assert kiosk.hear(page.offer()) is None
    page.meets(kiosk.hello())
    assert not kiosk.greeted
    assert kiosk.hear(page.offer()) is None
    kiosk.hear(page.hello())
    assert kiosk.greeted
    kiosk.peer_left()
    assert not kiosk.greeted
