"""The choice is known before it is needed, and follows what the relays do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kiosk.call.reaching.choice import Failure
from kiosk.call.reaching.reaching import Reaching, Route
from kiosk.rendezvous.turn import TurnSettings, servers_message
from tests.fakes.line_relay import LineRelay
from tests.fakes.polling import until
from tests.fakes.turn_server import HOST, SECRET, free_port, turn_server

REFUSED = f"turn:{HOST}:{free_port()}?transport=tcp"


@asynccontextmanager
async def reaching(ca_file: Path | None = None) -> AsyncIterator[Reaching]:
    found = Reaching(ca_file)
    try:
        yield found
    finally:
        await found.close()


def told(*urls: str, stun: tuple[str, ...] = (), relay_only: bool = False) -> dict[str, object]:
    return servers_message(TurnSettings(urls, SECRET, stun, relay_only=relay_only))


def url_of(route: Route) -> str:
    return route.chosen.server.url.text if route.chosen else "none"


async def test_without_servers_the_way_is_direct_and_known_at_once() -> None:
    async with reaching() as found:
        assert await found.route() == Route()
        found.told(told())
        assert await found.route() == Route()


async def test_the_best_is_chosen_and_the_dead_are_skipped(tmp_path: Path) -> None:
    async with turn_server(tmp_path) as server, reaching(server.ca_file) as found:
        found.told(told(REFUSED, server.tls, server.tcp, server.udp, stun=(server.stun,)))
        assert url_of(await found.route()) == server.udp
        await until(lambda: len(found.answers) == 4)
        failures = {answer.server.url.text: answer.failure for answer in found.answers}
        assert failures[REFUSED] is Failure.UNREACHABLE
        await until(lambda: found._stun is not None)
        assert (await found.route()).stun is not None


async def test_a_relay_that_is_far_away_is_waited_for_where_none_is_nearer(tmp_path: Path) -> None:
    """By satellite: two questions by TCP take longer than the second after which others are skipped."""
    async with turn_server(tmp_path) as server, LineRelay() as line, reaching() as found:
        far = f"turn:{HOST}:{line.tcp(HOST, server.port)}?transport=tcp"
        line.set(delay_ms=350)
        found.told(told(far, relay_only=True))
        assert url_of(await found.route()) == far
        found.failed()
        assert url_of(await found.route()) == far
        found.told(told(far, server.udp))
        assert url_of(await found.route()) == server.udp
        await until(lambda: len(found.answers) == 2)
        assert found.answers[-1].failure is Failure.SILENT


async def test_own_certificates_are_trusted_besides_the_machines(tmp_path: Path) -> None:
    async with turn_server(tmp_path) as server:
        async with reaching(server.ca_file) as found:
            found.told(told(server.tls))
            route = await found.route()
            assert url_of(route) == server.tls
            assert route.tls is not None
        for absent in (None, tmp_path / "absent.pem"):
            async with reaching(absent) as found:
                found.told(told(server.tls))
                assert url_of(await found.route()) == "none"
                assert found.answers[0].failure is Failure.CERTIFICATE


async def test_a_relay_that_dies_is_left_and_one_that_returns_is_taken(tmp_path: Path) -> None:
    async with turn_server(tmp_path) as server, reaching() as found:
        found.told(told(server.udp, REFUSED))
        assert url_of(await found.route()) == server.udp
        server.process.kill()
        await server.process.wait()
        found.failed()
        assert url_of(await found.route()) == "none"
        async with turn_server(tmp_path / "again") as again:
            found.told(told(server.udp, again.tcp))
            assert url_of(await found.route()) == again.tcp


async def test_a_line_that_is_back_is_used_at_the_next_connection(tmp_path: Path) -> None:
    """Not only when the next look is due."""
    port = free_port()
    async with reaching() as found:
        found.told(told(f"turn:{HOST}:{port}?transport=tcp"))
        assert url_of(await found.route()) == "none"
        async with turn_server(tmp_path, port) as server:
            assert url_of(await found.route()) == server.tcp


async def test_only_a_relay_and_none_there_is_blocked() -> None:
    async with reaching() as found:
        found.told(told(REFUSED, relay_only=True))
        assert (await found.route()).blocked
        found.told(told(REFUSED))
        assert not (await found.route()).blocked


async def test_newer_credentials_keep_the_choice(tmp_path: Path) -> None:
    async with turn_server(tmp_path) as server, reaching() as found:
        found.told(told(server.udp))
        before = (await found.route()).chosen
        found.told(told(server.udp))
        after = found.chosen
        assert before is not None
        assert after is not None
        assert after.server.url == before.server.url
        assert after.server.username != before.server.username


async def test_a_hostile_message_changes_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with turn_server(tmp_path) as server, reaching() as found:
        found.told(told(server.udp))
        found.told({"type": "servers", "ice": [{"urls": ["turn:a..b"], "username": "x", "credential": "y"}]})
        assert "ignored" in caplog.text
        assert url_of(await found.route()) == server.udp
