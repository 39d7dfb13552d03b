"""An offer with surprises gets an answer or a refusal with a reason; the way to the relay stays up."""

import re
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Self

from kiosk.call.errors import CallReason
from kiosk.call.repairs.spread_candidates import spread_candidates
from kiosk.events import CallPhase
from kiosk.rendezvous.turn import TurnSettings
from tests.fakes.call_bench import bench
from tests.fakes.physician import Physician

Change = Callable[[str], str]
_CANDIDATE = "a=candidate:1 1 udp {priority} {host} {port} typ host\r\n"


class OddPage(Physician):
    """Its offer is changed before it is signed, as an odd browser or an extension would."""

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self

    def __init__(self, link: str, context: ssl.SSLContext, change: Change) -> None:
        super().__init__(link, context)
        self.change = change

    async def signal(self, kind: str, key: str, body: str) -> None:
        await super().signal(kind, key, self.change(body) if kind == "offer" else body)


def _after_password(sdp: str, lines: str) -> str:
    return re.sub(r"(a=ice-pwd:[^\r]*\r\n)", lambda found: found[1] + lines, sdp, count=1)


def _without(pattern: str) -> Change:
    return lambda sdp: re.sub(pattern + r"[^\r]*\r\n", "", sdp)


def _only_vp9(sdp: str) -> str:
    return sdp.replace("VP8/90000", "VP9/90000").replace("H264/90000", "AV1/90000")


REFUSED: dict[str, Change] = {
    "no section": lambda sdp: sdp.split("m=")[0],
    "no stethoscope": lambda sdp: "m=".join(p for n, p in enumerate(sdp.split("m=")) if n != 4),
    "one more picture": lambda sdp: sdp + "m=" + sdp.split("m=")[2].replace("a=mid:1", "a=mid:9"),
    "codecs of nobody": _only_vp9,
    "no fingerprint": _without("a=fingerprint:"),
    "two fingerprints": lambda sdp: (
        sdp.replace("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 00:", 1)
        + "a=fingerprint:sha-256 "
        + ":".join(["AB"] * 32)
        + "\r\n"
    ),
    "sha-1": lambda sdp: re.sub(
        r"a=fingerprint:sha-256 [^\r]*", "a=fingerprint:sha-1 " + ":".join(["AB"] * 20), sdp
    ),
    "no credentials": lambda sdp: _without("a=ice-pwd:")(_without("a=ice-ufrag:")(sdp)),
    "garbage candidates": lambda sdp: _after_password(sdp, "a=candidate:x y z\r\na=candidate:\r\n"),
    "no text at all": lambda sdp: "\0\ud7ff" * 100,
    "nonsense in a known place": lambda sdp: sdp.replace("a=rtpmap:96 ", "a=rtpmap:ninety six ", 1),
}
ANSWERED: dict[str, Change] = {
    "60 KB of attributes": lambda sdp: _after_password(
        sdp, "a=x-unknown:" + "y" * 50 + "\r\n" + "a=z:1\r\n" * 6000
    ),
    "a thousand candidates": lambda sdp: _after_password(
        sdp,
        "".join(
            _CANDIDATE.format(priority=n + 1, host=f"192.0.2.{n % 250}", port=1000 + n) for n in range(600)
        ),
    ),
    "names nobody knows": lambda sdp: _after_password(
        sdp,
        "".join(_CANDIDATE.format(priority=n + 1, host=f"name-{n}.invalid", port=1000) for n in range(50)),
    ),
    "the same ssrc twice": lambda sdp: re.sub(r"a=ssrc:\d+", "a=ssrc:1234", sdp),
}


async def offered(page: OddPage, change: Change) -> None:
    page.change, page.rejected = change, ""
    await page.offer()


async def test_offers_that_cannot_be_answered_are_refused_and_the_next_one_is_not(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk, OddPage(kiosk.link, kiosk.context, _only_vp9) as page:
        await page.until(lambda: page.rejected)  # its own first offer
        for surprise, change in REFUSED.items():
            await offered(page, change)
            await page.until(lambda: page.rejected)
            assert page.rejected == "unsuited", surprise
        assert kiosk.notes.refused_offers == [CallReason.BAD_OFFER]
        await offered(page, str)
        await kiosk.until_phase(CallPhase.CONNECTED)
        for surprise in ("no stethoscope", "no fingerprint"):  # while a call is up: it goes on
            page.change, page.rejected = REFUSED[surprise], ""
            assert page.connection is not None
            await page.signal("offer", "sdp", page.connection.localDescription.sdp)
            await page.until(lambda: page.rejected)
        assert kiosk.notes.refused_offers == [CallReason.BAD_OFFER] * 2
        assert kiosk.notes.phase is CallPhase.CONNECTED


async def test_strange_offers_that_can_be_answered(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk, OddPage(kiosk.link, kiosk.context, str) as page:
        await page.until(lambda: page.of_type("hello"))  # its own first offer
        for change in ANSWERED.values():
            page.messages.clear()
            await offered(page, change)
            await page.until(lambda: page.of_type("hello"))
        assert kiosk.notes.refused_offers == []


async def test_a_network_that_lets_nothing_through_is_said_on_both_sides(tmp_path: Path) -> None:
    nowhere = TurnSettings(("turn:127.0.0.1:9?transport=udp",), "a-secret-of-this-test", relay_only=True)
    async with bench(tmp_path, turn=nowhere) as kiosk, OddPage(kiosk.link, kiosk.context, str) as page:
        await page.until(lambda: page.rejected)
        await offered(page, str)
        await page.until(lambda: page.rejected)
        assert page.rejected == "no_relay"
        assert kiosk.notes.refused_offers == [CallReason.NO_RELAY]


def test_few_candidates_are_tried_and_fewer_names_looked_up() -> None:
    named = "".join(_CANDIDATE.format(priority=n, host=f"{n}.local", port=9) for n in range(50))
    many = "".join(_CANDIDATE.format(priority=n, host="192.0.2.1", port=n) for n in range(500))
    spread = spread_candidates("v=0\r\nm=audio 9\r\na=ice-pwd:x\r\n" + named + many)
    assert spread.count("a=candidate:") == 44
    assert spread.count(".local ") == 4
