"""A real coturn: what answers, what does not, and why."""

import socket
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from kiosk.call.reaching.choice import Failure
from kiosk.call.reaching.probe import ask, stun_answers
from kiosk.call.reaching.servers import TurnServer
from kiosk.call.reaching.udp_probe import measure_udp
from kiosk.call.reaching.urls import parse_url
from kiosk.rendezvous.turn import credentials
from tests.fakes.polling import until
from tests.fakes.turn_server import HOST, SECRET, TurnServerUnderTest, free_port, turn_server


@pytest_asyncio.fixture
async def coturn(tmp_path: Path) -> AsyncIterator[TurnServerUnderTest]:
    async with turn_server(tmp_path) as server:
        yield server


def server(url: str, secret: str = SECRET, life_s: int = 600) -> TurnServer:
    return TurnServer(parse_url(url), *credentials(secret, "a-kiosk", int(time.time()) + life_s))


async def failure(
    url: str,
    tls: ssl.SSLContext | None = None,
    limit_s: float = 10.0,
    secret: str = SECRET,
    life_s: int = 600,
) -> Failure | None:
    answer = await ask(server(url, secret, life_s), tls, limit_s)
    assert (answer.rtt_ms is None) == (answer.failure is not None)
    return answer.failure


async def test_every_way_answers_and_is_given_back(coturn: TurnServerUnderTest) -> None:
    tls = ssl.create_default_context(cafile=coturn.ca_file)
    assert await failure(coturn.udp) is None
    assert await failure(coturn.tcp) is None
    assert await failure(coturn.tls, tls) is None
    await until(lambda: coturn.log_file.read_text().count("delete: realm") == 3)


async def test_credentials_that_are_no_good_are_told_apart(coturn: TurnServerUnderTest) -> None:
    assert await failure(coturn.udp, secret="another secret") is Failure.CREDENTIALS
    assert await failure(coturn.tcp, life_s=-60) is Failure.CREDENTIALS


async def test_a_certificate_that_nobody_knows(coturn: TurnServerUnderTest) -> None:
    assert await failure(coturn.tls, ssl.create_default_context()) is Failure.CERTIFICATE
    assert await failure(coturn.tls, None) is Failure.CERTIFICATE


async def test_who_is_not_there() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((HOST, 0))
        udp = f"turn:{HOST}:{silent.getsockname()[1]}"
        assert await failure(udp, limit_s=0.3) is Failure.SILENT
        assert not await stun_answers(parse_url(udp.replace("turn", "stun")), 0.2)
    with socket.socket() as silent:
        silent.bind((HOST, 0))
        silent.listen()
        tcp = f"turn:{HOST}:{silent.getsockname()[1]}?transport=tcp"
        assert await failure(tcp, limit_s=0.3) is Failure.SILENT
    assert await failure(f"turn:{HOST}:{free_port()}?transport=tcp") is Failure.UNREACHABLE
    assert await failure("turn:no-such-name.invalid?transport=tcp") is Failure.UNREACHABLE


async def test_a_stun_server_answers(coturn: TurnServerUnderTest) -> None:
    assert await stun_answers(parse_url(coturn.stun))


@pytest.mark.parametrize("way", ["udp", "tls"])
async def test_loss_and_round_trip_through_the_relay(coturn: TurnServerUnderTest, way: str) -> None:
    tls = ssl.create_default_context(cafile=coturn.ca_file)
    line = await measure_udp(server(getattr(coturn, way)), tls)
    assert line is not None
    assert line.loss < 0.2
    assert line.rtt_ms is not None
    assert line.rtt_ms > 0
    assert await measure_udp(server(coturn.udp, secret="wrong")) is None
