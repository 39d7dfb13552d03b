"""A relay that lies cannot put itself in the middle: both sides notice and stop."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kiosk.call.call import Call
from kiosk.call.secret import build_link
from kiosk.events import CallPhase
from kiosk.rendezvous.tls import self_signed, server_context
from tests.fakes.call_bench import Bench, Notes, bench, settings_for
from tests.fakes.physician import Physician
from tests.fakes.rogue_relay import Change, RogueRelay, with_other_fingerprint


@asynccontextmanager
async def rogue(
    kiosk: Bench, directory: Path, change: Change
) -> AsyncIterator[tuple[RogueRelay, str, Call, Notes]]:
    """A second call of the same kiosk, through a relay that lies. The link names that relay."""
    cert_file, key_file = self_signed(directory / "tls", ("localhost", "127.0.0.1"))
    upstream = f"wss://localhost:{kiosk.rendezvous.port}/signal"
    async with RogueRelay(upstream, server_context(cert_file, key_file), kiosk.context, change) as relay:
        notes = Notes()
        call = Call(settings_for(kiosk.rendezvous, relay_url=relay.url), kiosk.media, notes)
        link = await call.open()
        try:
            yield relay, link, call, notes
        finally:
            await call.close()


@pytest.mark.parametrize("liar", ["physician", "kiosk"])
async def test_another_fingerprint_ends_the_call_on_both_sides(tmp_path: Path, liar: str) -> None:
    def change(sender: str, message: dict[str, Any]) -> dict[str, Any]:
        changed = sender == liar and "sdp" in message
        return with_other_fingerprint(message) if changed else message

    async with (
        bench(tmp_path) as kiosk,
        rogue(kiosk, tmp_path, change) as (_, link, _, notes),
        Physician(link, kiosk.context) as physician,
    ):
        await kiosk.until(lambda: notes.phase is CallPhase.TAMPERED)
        await physician.until(lambda: physician.rejected == "tampered")
        assert CallPhase.CONNECTED not in notes.phases
        await physician.until(lambda: physician.close_code is not None)
        async with Physician(link, kiosk.context, seat=physician.seat) as again:
            await again.until(lambda: again.close_code == 4404)


async def test_an_old_offer_is_never_taken_up(tmp_path: Path) -> None:
    offers: list[str] = []

    def listen(sender: str, message: dict[str, Any]) -> dict[str, Any]:
        if message["type"] == "offer":
            offers.append(json.dumps(message))
        return message

    async with bench(tmp_path) as kiosk, rogue(kiosk, tmp_path, listen) as (relay, link, _, notes):
        async with Physician(link, kiosk.context) as physician:
            await kiosk.until(lambda: notes.phase is CallPhase.CONNECTED)
        async with Physician(link, kiosk.context, seat=physician.seat) as again:
            await again.until(lambda: again.of_type("hello") and notes.phase is CallPhase.CONNECTED)
            states = len(notes.states)
            for offer in offers:  # of the round before, and of this one
                await relay.send_as("physician", offer)
            await untouched(again)
            assert {state.phase for state in notes.states[states:]} <= {CallPhase.CONNECTED}
            assert again.rejected == ""


async def test_a_whole_old_round_is_never_taken_up(tmp_path: Path) -> None:
    """The hello of an earlier round is still signed by the page: an echo of it does not begin a new one."""

    def pass_on(_: str, message: dict[str, Any]) -> dict[str, Any]:
        return message

    async with bench(tmp_path) as kiosk, rogue(kiosk, tmp_path, pass_on) as (relay, link, _, notes):
        async with Physician(link, kiosk.context) as physician:
            await kiosk.until(lambda: notes.phase is CallPhase.CONNECTED)
        async with Physician(link, kiosk.context, seat=physician.seat) as again:
            await again.until(lambda: again.of_type("hello") and notes.phase is CallPhase.CONNECTED)
            before = len(notes.states)
            for text in physician.sent:
                await relay.send_as("physician", text)
            await untouched(again)
            assert {state.phase for state in notes.states[before:]} <= {CallPhase.CONNECTED}
            await again.offer()  # the true page is still heard
            await again.until(lambda: len(again.of_type("hello")) == 2)


async def test_an_offer_under_way_when_the_kiosk_came_back_is_no_tampering(tmp_path: Path) -> None:
    """The kiosk's line to the relay breaks while the page's offer waits: it comes after the new hello."""
    held: list[str] = []
    hellos: list[str] = []

    def hold(sender: str, message: dict[str, Any]) -> dict[str, Any] | None:
        if sender == "kiosk" and message["type"] == "hello":
            hellos.append(message["nonce"])
        if sender == "physician" and message["type"] == "offer" and not held:
            held.append(json.dumps(message))
            return None
        return message

    async with (
        bench(tmp_path) as kiosk,
        rogue(kiosk, tmp_path, hold) as (relay, link, _, notes),
        Physician(link, kiosk.context) as physician,
    ):
        await kiosk.until(lambda: held and hellos)
        before = len(hellos)
        await relay.cut("kiosk")
        await kiosk.until(lambda: len(hellos) > before)
        await relay.send_as("physician", held[0])
        await physician.until(lambda: physician.kiosk_nonce == hellos[-1])
        await physician.offer()
        await kiosk.until(lambda: notes.phase is CallPhase.CONNECTED)
        assert CallPhase.TAMPERED not in notes.phases


async def untouched(physician: Physician) -> None:
    """What was said through the relay has been heard, and the connection is the same: a ping comes back."""
    await asyncio.sleep(0.5)
    before = len(physician.of_type("pong"))
    physician.send("ping", id=1)
    await physician.until(lambda: len(physician.of_type("pong")) > before)
    assert len(physician.of_type("hello")) == 1


async def test_a_stranger_who_knows_the_room_but_not_the_secret(tmp_path: Path) -> None:
    async with bench(tmp_path) as kiosk:
        stranger = Physician(build_link(kiosk.link.partition("#")[0], bytes(32)), kiosk.context)
        genuine = Physician(kiosk.link, kiosk.context)
        stranger.room = genuine.room
        async with stranger:
            await kiosk.until_phase(CallPhase.TAMPERED)
            await stranger.until(lambda: stranger.close_code is not None)


async def test_the_relay_learns_no_secret(tmp_path: Path) -> None:
    passed: list[str] = []

    def listen(sender: str, message: dict[str, Any]) -> dict[str, Any]:
        passed.append(json.dumps(message))
        return message

    async with bench(tmp_path) as kiosk, rogue(kiosk, tmp_path, listen) as (_, link, _, notes):
        async with Physician(link, kiosk.context) as physician:
            await kiosk.until(lambda: notes.phase is CallPhase.CONNECTED)
            await physician.until(lambda: physician.of_type("hello"))
        secret_text = link.partition("#")[2].partition("@")[0]
        assert not [text for text in passed if secret_text in text or "Pharmacie" in text]
        assert len(passed) >= 4
