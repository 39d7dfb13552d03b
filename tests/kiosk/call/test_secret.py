"""The derivations: against RFC 5869 written out with hashlib, and vectors made by another implementation."""

import hashlib
import hmac
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.call.errors import CallError, CallReason
from kiosk.call.secret import (
    Claim,
    build_link,
    derive,
    four_words,
    load_words,
    mac,
    new_secret,
    parse_link,
    proves,
    to_bytes,
    to_text,
)
from tests.fakes.call_bench import WORDS_FILE

SECRET = bytes(range(32))
FINGERPRINTS = (":".join(["AB"] * 32), ":".join(["01"] * 32))


def hkdf(secret: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869 for one block of output, written out."""
    pseudorandom = hmac.digest(b"telecabine/1", secret, hashlib.sha256)
    return hmac.digest(pseudorandom, info + b"\x01", hashlib.sha256)[:length]


def test_room_and_keys_are_those_of_rfc_5869() -> None:
    keys = derive(SECRET)
    assert to_bytes(keys.room) == hkdf(SECRET, b"room", 16)
    assert keys.kiosk == hkdf(SECRET, b"kiosk", 32)
    assert keys.physician == hkdf(SECRET, b"physician", 32)


def test_fixed_vectors() -> None:
    """Fixed for good: a page and a kiosk of different ages must agree."""
    keys = derive(SECRET)
    assert keys.room == "yagXaWJw7ERzyxtuztwXYw"
    claim = Claim("offer", "k" * 22, "p" * 22, "s" * 22, "v=0\r\n")
    assert mac(keys.physician, claim) == "raTnlOFhZzabxsNBXRv1dxWeHR6EICpPo_BcdfvOQkM"
    assert four_words(SECRET, FINGERPRINTS, [str(n) for n in range(256)]) == ("210", "243", "112", "173")


def test_a_mac_is_bound_to_every_part() -> None:
    key, claim = derive(SECRET).kiosk, Claim("answer", "k", "p", "s", "body")
    given_mac = mac(key, claim)
    assert proves(key, claim, given_mac)
    others = [
        Claim("offer", "k", "p", "s", "body"),
        Claim("answer", "x", "p", "s", "body"),
        Claim("answer", "k", "x", "s", "body"),
        Claim("answer", "k", "p", "x", "body"),
        Claim("answer", "k", "p", "s", "bodx"),
    ]
    assert not any(proves(key, other, given_mac) for other in others)
    assert not proves(derive(SECRET).physician, claim, given_mac)
    assert not any(proves(key, claim, wrong) for wrong in (None, "", 7, given_mac[:-1], "é"))


def test_the_words_depend_on_both_fingerprints_and_not_on_their_order() -> None:
    numbers = [str(n) for n in range(256)]
    words = four_words(SECRET, FINGERPRINTS, numbers)
    assert words == four_words(SECRET, FINGERPRINTS[::-1], numbers)
    assert words != four_words(SECRET, (FINGERPRINTS[0], FINGERPRINTS[0]), numbers)
    assert words != four_words(bytes(32), FINGERPRINTS, numbers)


def test_a_link_names_another_relay_only() -> None:
    page = "https://page.example.org/"
    assert build_link(page, SECRET) == f"{page}#{to_text(SECRET)}"
    assert build_link(page, SECRET, "wss://page.example.org/signal") == f"{page}#{to_text(SECRET)}"
    assert parse_link(build_link(page, SECRET)) == (SECRET, "wss://page.example.org/signal")
    apart = build_link(page, SECRET, "wss://relay.example.org:8443/signal")
    assert parse_link(apart) == (SECRET, "wss://relay.example.org:8443/signal")


@pytest.mark.parametrize("fragment", ["", "#", "#abc", "#" + "A" * 42, "#" + "A" * 43 + "@!", "#" + "é" * 43])
def test_a_cut_link_is_refused(fragment: str) -> None:
    with pytest.raises(CallError) as caught:
        parse_link("https://page.example.org/" + fragment)
    assert caught.value.reason is CallReason.BAD_LINK


def test_a_relay_without_tls_is_refused() -> None:
    with pytest.raises(CallError):
        parse_link(f"https://page/#{to_text(SECRET)}@{to_text(b'ws://relay/signal')}")


@given(st.binary(max_size=80))
def test_text_form_round_trips(data: bytes) -> None:
    assert to_bytes(to_text(data)) == data


def test_two_secrets_differ() -> None:
    assert len({new_secret() for _ in range(8)}) == 8


def test_no_key_is_shown_by_accident() -> None:
    assert repr(derive(SECRET).kiosk)[2:-1] not in repr(derive(SECRET))


def distance(one: str, other: str) -> int:
    """Levenshtein."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[:], i
        for j, b in enumerate(other, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
    return row[-1]


def test_the_list_of_words_is_fit_for_the_telephone() -> None:
    words = load_words(WORDS_FILE)
    assert len(words) == 256
    assert all(re.fullmatch("[a-z]{4,8}", word) for word in words)
    assert min(distance(a, b) for i, a in enumerate(words) for b in words[:i]) >= 3


def test_another_list_is_refused(tmp_path: Path) -> None:
    short = tmp_path / "words.json"
    short.write_text(json.dumps(["a"] * 256))
    for path in (short, tmp_path / "absent.json"):
        with pytest.raises(CallError) as caught:
            load_words(path)
        assert caught.value.reason is CallReason.WORDS_UNREADABLE
