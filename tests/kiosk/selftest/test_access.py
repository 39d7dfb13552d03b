"""The check of the FHIR server asks for a token as the delivery does, and blames the right one of the two."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.selftest import network
from kiosk.selftest.clock import check_clock
from kiosk.selftest.fhir import ask_fhir
from kiosk.selftest.network import Asked, Heard
from kiosk.selftest.report import Part, Problem, Verdict
from tests.fakes.fhir_faults import FaultyLine
from tests.fakes.fhir_server import FhirServer, fhir_server
from tests.fakes.token_server import GuardedLine
from tests.kiosk.fhir.oauth_stage import Stage, new_key, staged, write_key
from tests.kiosk.selftest.found import reds


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirServer]:
    with fhir_server(tmp_path_factory.mktemp("sekmet")) as running:
        yield running


@pytest.fixture
def stage(server: FhirServer, tmp_path: Path) -> Iterator[Stage]:
    with staged(server, tmp_path) as running:
        yield running


def blames(asked: Asked, problem: Problem, subject: str) -> bool:
    check = asked.check
    return (check.part, check.verdict, check.problem, check.subject) == (
        Part.FHIR,
        Verdict.RED,
        problem,
        subject,
    )


async def test_a_token_lets_the_check_in(stage: Stage) -> None:
    asked = await ask_fhir(stage.config)
    assert (asked.check.verdict, asked.check.detail) == (Verdict.GREEN, "FHIR 4.0.1")
    assert (stage.tokens.asked, stage.line.turned_away) == (1, 0)


async def test_a_credential_that_the_token_server_refuses(stage: Stage, tmp_path: Path) -> None:
    another = write_key(tmp_path / "another.pem", new_key())
    asked = await ask_fhir(replace(stage.config, client_key_file=another))
    assert blames(asked, Problem.CREDENTIAL_REFUSED, stage.desk.url)
    assert "HTTP 401 invalid_client" in asked.check.detail
    assert (asked.heard, stage.line.seen) == (Heard.ANSWER, [])


async def test_a_key_that_cannot_be_read(stage: Stage, tmp_path: Path) -> None:
    asked = await ask_fhir(replace(stage.config, client_key_file=tmp_path / "absent.pem"))
    assert blames(asked, Problem.CREDENTIAL_REFUSED, str(tmp_path / "absent.pem"))
    assert (asked.heard, stage.desk.seen) == (Heard.UNASKED, [])


async def test_a_token_that_the_fhir_server_refuses(stage: Stage, server: FhirServer, tmp_path: Path) -> None:
    with GuardedLine(server.url, server.ca, tmp_path / "tls", lambda authorization: False) as closed:
        asked = await ask_fhir(replace(stage.config, base_url=closed.url))
    assert blames(asked, Problem.CREDENTIAL_REFUSED, f"{closed.url}/metadata")


@pytest.mark.parametrize("what", ["html", "500", "302", "answer:404"])
async def test_a_token_server_that_gives_none(stage: Stage, what: str) -> None:
    stage.desk.fault(what)
    asked = await ask_fhir(stage.config)
    assert blames(asked, Problem.NO_TOKEN, stage.desk.url)
    assert stage.line.seen == []


async def test_a_token_server_that_is_down(stage: Stage) -> None:
    stage.desk.cut()
    asked = await ask_fhir(stage.config)
    assert blames(asked, Problem.UNREACHABLE, stage.desk.url)
    assert asked.heard is Heard.ANSWER  # a refusal proves the line


async def test_a_token_server_that_hangs(
    server: FhirServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "TIMEOUT_S", 1.0)
    with staged(server, tmp_path) as stage:
        stage.desk.fault("hang")
        asked = await ask_fhir(stage.config)
    await asyncio.sleep(0.2)  # a connection that was given up ends when the other side lets go of it
    assert blames(asked, Problem.UNREACHABLE, stage.desk.url)
    assert asked.heard is Heard.NOTHING


async def test_a_token_server_that_is_not_trusted(stage: Stage, tmp_path: Path) -> None:
    with FaultyLine(stage.tokens.url, stage.tokens.ca, tmp_path / "stranger") as stranger:
        asked = await ask_fhir(replace(stage.config, token_url=stranger.url))
    assert blames(asked, Problem.CERTIFICATE, stranger.url)
    assert stranger.seen == []


async def test_a_wrong_clock_is_blamed_and_not_the_credential(server: FhirServer, tmp_path: Path) -> None:
    with staged(server, tmp_path, ahead_s=600.0) as stage:
        stage.tokens.audience = stage.tokens.url
        asked = await ask_fhir(replace(stage.config, token_url=stage.tokens.url))  # the line drops the Date
    assert asked.check.problem is Problem.CREDENTIAL_REFUSED
    assert asked.ahead_s == pytest.approx(-600.0, abs=30.0)
    assert reds((check_clock(asked.ahead_s, True), asked.check)) == [(Part.CLOCK, Problem.WRONG_TIME)]
