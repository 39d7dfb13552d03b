"""Delivery with tokens of a strict token server: renewed in time, shared, and never shown to anybody else."""

import asyncio
import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from kiosk.fhir_settings import fhir_settings
from offline_queue.outcome import Delivered, Outcome, Pause, Retry
from tests.fakes.fhir_faults import FaultyLine
from tests.fakes.fhir_server import FhirServer
from tests.kiosk.fhir.items import whole_session
from tests.kiosk.fhir.oauth_stage import Stage, new_key, sending, staged, write_key
from tests.kiosk.fhir.test_delivery import identity
from tests.kiosk.whole import config_in

REFUSED = Pause("token server: HTTP 401 invalid_client: it refuses the kiosk's credential")
REFUSES = "it refuses the kiosk's credential"


@pytest.fixture
def name() -> str:
    """A session that no other test has."""
    return f"S-{uuid4()}"


@pytest.fixture
def stage(server: FhirServer, tmp_path: Path) -> Iterator[Stage]:
    with staged(server, tmp_path) as running:
        yield running


@pytest.mark.parametrize("kind", ["rsa", "ec"])
async def test_a_whole_session_is_delivered_with_one_token(
    server: FhirServer, tmp_path: Path, name: str, kind: str
) -> None:
    with staged(server, tmp_path, new_key(kind)) as stage:
        async with sending(stage.settings) as sender:
            for each in whole_session(name):
                assert isinstance(await sender.send(each), Delivered)
    assert (stage.tokens.asked, stage.tokens.refusals, stage.line.turned_away) == (1, [], 0)


async def test_a_token_is_renewed_before_it_expires(stage: Stage, name: str) -> None:
    stage.tokens.life_s = 2.0
    site, opening = whole_session(name)[:2]
    async with sending(stage.settings) as sender:
        assert isinstance(await sender.send(site), Delivered)
        await asyncio.sleep(2.1)
        assert isinstance(await sender.send(opening), Delivered)
    assert stage.tokens.asked >= 2
    assert stage.line.turned_away == 0


async def test_a_token_that_the_server_refuses_is_renewed_once(stage: Stage, name: str) -> None:
    site, opening, reading = whole_session(name)[:3]
    async with sending(stage.settings) as sender:
        assert isinstance(await sender.send(site), Delivered)
        stage.tokens.revoke()
        assert isinstance(await sender.send(opening), Delivered)
        assert (stage.tokens.asked, stage.line.turned_away) == (2, 1)
        before = len(stage.line.seen)
        stage.line.fault("401", times=5)
        outcome = await sender.send(reading)
    assert outcome == Pause("HTTP 401 invariant: the server refuses the credential")
    assert [method for method, _ in stage.line.seen[before:]] == ["POST", "POST"]
    assert stage.tokens.asked == 3


async def test_threads_share_a_token(stage: Stage, name: str) -> None:
    async with sending(stage.settings) as sender:
        assert isinstance(await sender.send(whole_session(name)[0]), Delivered)
        stage.tokens.revoke()
        openings = [whole_session(f"{name}-{number}")[1] for number in range(4)]
        outcomes = await asyncio.gather(*map(sender.send, openings))
    assert all(isinstance(outcome, Delivered) for outcome in outcomes)
    assert stage.tokens.asked == 2


@pytest.mark.parametrize("what", ["hang", "drip", "drip_head"])
async def test_a_token_server_that_hangs_costs_all_threads_one_timeout(
    stage: Stage, name: str, what: str
) -> None:
    openings = [whole_session(f"{name}-{number}")[1] for number in range(4)]
    async with sending(replace(stage.settings, timeout_s=1.5)) as sender:
        assert isinstance(await sender.send(whole_session(name)[0]), Delivered)
        stage.tokens.revoke()
        stage.desk.fault(what, times=4)
        started_s = time.monotonic()
        outcomes = await asyncio.gather(*map(sender.send, openings))
        assert time.monotonic() - started_s < 4.0
        assert outcomes == [Retry("token server: too_long: 1.5 s")] * 4
        assert len(stage.desk.seen) == 2
        stage.desk.clear()
        assert isinstance(await sender.send(openings[0]), Delivered)


ANSWERS: list[tuple[str, Outcome]] = [
    ("500", Retry("token server: HTTP 500")),
    ("429", Retry("token server: HTTP 429", 2.0)),
    ("302", Retry("token server: HTTP 302")),
    ("html", Retry("token server: HTTP 200 without a bearer token")),
    ("huge", Retry("token server: too_big: more than 65536 bytes")),
    ("401", Pause(f"token server: HTTP 401: {REFUSES}")),
    ("answer:400", Pause(f"token server: HTTP 400: {REFUSES}")),
    ("answer:404", Pause("token server: HTTP 404: its address or settings are wrong")),
]


@pytest.mark.parametrize(("what", "outcome"), ANSWERS, ids=[what for what, _ in ANSWERS])
async def test_without_a_token_nothing_is_sent(stage: Stage, name: str, what: str, outcome: Outcome) -> None:
    site = whole_session(name)[0]
    async with sending(stage.settings) as sender:
        stage.desk.fault(what)
        assert await sender.send(site) == outcome
        assert stage.line.seen == []
        assert isinstance(await sender.send(site), Delivered)


async def test_a_token_server_that_is_down_is_a_retry(stage: Stage, name: str) -> None:
    site = whole_session(name)[0]
    async with sending(stage.settings) as sender:
        stage.desk.cut()
        assert await sender.send(site) == Retry("token server: not_reached: ConnectionError")
        stage.desk.restore()
        assert isinstance(await sender.send(site), Delivered)


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("client", {"client_id": "kiosk-78"}),
        ("key id", {"key_id": "2020-01"}),
        ("key id", {"key_id": ""}),
        ("signature", {"key_file": "another key"}),
        ("algorithm", {"key_file": "another kind"}),
        ("audience", {"token_url": "elsewhere"}),
    ],
)
async def test_a_credential_that_is_refused_stops_delivery(
    stage: Stage, tmp_path: Path, name: str, why: str, changes: dict[str, str]
) -> None:
    spoiled: dict[str, object] = dict(changes)
    if "key_file" in changes:
        kind = "ec" if changes["key_file"] == "another key" else "rsa"
        spoiled["key_file"] = write_key(tmp_path / "another.pem", new_key(kind))
    if "token_url" in changes:
        stage.tokens.audience, spoiled["token_url"] = stage.tokens.url, stage.desk.url
    client = replace(stage.client, **spoiled)  # type: ignore[arg-type]
    async with sending(replace(stage.settings, client=client)) as sender:
        assert await sender.send(whole_session(name)[0]) == REFUSED
    assert stage.tokens.refusals == [why]
    assert stage.line.seen == []


async def test_a_scope_that_is_refused_is_told_by_its_code(stage: Stage, name: str) -> None:
    client = replace(stage.client, scope="system/*.cruds")
    async with sending(replace(stage.settings, client=client)) as sender:
        told = await sender.send(whole_session(name)[0])
    assert told == Pause(f"token server: HTTP 400 invalid_scope: {REFUSES}")


@pytest.mark.parametrize(
    ("ahead_s", "refusals"), [(-30.0, []), (60.0, []), (-600.0, ["too far ahead"]), (600.0, ["expired"])]
)
async def test_clocks_may_differ_by_half_a_minute_but_not_by_ten(
    server: FhirServer, tmp_path: Path, name: str, ahead_s: float, refusals: list[str]
) -> None:
    with staged(server, tmp_path, ahead_s=ahead_s) as stage:
        async with sending(stage.settings) as sender:
            outcome = await sender.send(whole_session(name)[0])
    assert stage.tokens.refusals == refusals
    assert outcome == REFUSED if refusals else isinstance(outcome, Delivered)


async def test_a_key_that_is_put_there_later_is_taken(stage: Stage, tmp_path: Path, name: str) -> None:
    site, key = whole_session(name)[0], stage.client.key_file.read_bytes()
    async with sending(stage.settings) as sender:
        stage.client.key_file.unlink()
        told = await sender.send(site)
        assert told == Pause(f"configuration: the client key cannot be read: {stage.client.key_file}")
        assert stage.desk.seen == []
        stage.client.key_file.write_bytes(key)
        assert isinstance(await sender.send(site), Delivered)


async def test_a_token_server_that_we_do_not_trust_is_shown_nothing(
    stage: Stage, tmp_path: Path, name: str
) -> None:
    with FaultyLine(stage.tokens.url, stage.tokens.ca, tmp_path / "stranger") as stranger:
        client = replace(stage.client, token_url=stranger.url)
        async with sending(replace(stage.settings, client=client)) as sender:
            assert await sender.send(whole_session(name)[0]) == Retry("token server: not_reached: SSLError")
    assert stranger.seen == []


async def test_a_token_server_that_asks_who_we_are_is_shown_our_certificate(
    stage: Stage, tmp_path: Path, name: str
) -> None:
    ours, key = identity(tmp_path)
    site = whole_session(name)[0]
    with FaultyLine(stage.tokens.url, stage.tokens.ca, tmp_path / "tls", clients=ours) as strict:
        stage.tokens.audience = strict.url
        plain = replace(stage.settings, client=replace(stage.client, token_url=strict.url))
        async with sending(plain) as sender:
            assert isinstance(await sender.send(site), Retry)
        async with sending(replace(plain, cert_file=ours, key_file=key)) as sender:
            assert isinstance(await sender.send(site), Delivered)


async def test_nobody_is_told_a_token_or_an_assertion(
    stage: Stage, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    site, opening = whole_session(name)[:2]
    with caplog.at_level(logging.DEBUG):
        async with sending(stage.settings) as sender:
            told = [await sender.send(site)]
            stage.tokens.revoke()
            stage.tokens.instead.append((400, {"error": stage.tokens.shown[-1]}))
            told.append(await sender.send(opening))
            stage.tokens.instead.append((200, {"access_token": stage.tokens.tokens[0], "token_type": "mac"}))
            told.append(await sender.send(opening))
    assert told[1:] == [
        Pause(f"token server: HTTP 400: {REFUSES}"),
        Retry("token server: HTTP 200 without a bearer token"),
    ]
    public = f"{caplog.text} {told} {stage.settings}"
    secrets = [*stage.tokens.tokens, *(part for each in stage.tokens.shown for part in each.split(".")[1:])]
    assert len(secrets) >= 3
    assert [secret for secret in secrets if secret in public] == []


def test_the_kiosk_delivers_as_its_settings_say(stage: Stage, tmp_path: Path) -> None:
    settings = fhir_settings(config_in(tmp_path, fhir=stage.config))
    assert settings.client == stage.client
    assert fhir_settings(config_in(tmp_path)).client is None
