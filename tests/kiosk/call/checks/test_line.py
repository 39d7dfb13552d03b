"""The line against a true rendezvous, through a line that is made bad; and through a true relay."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from kiosk.call.checks.judging import judge_line
from kiosk.call.checks.line import LineAddress, measure_line, try_relay
from kiosk.call.checks.ramp import measure_rate
from kiosk.call.checks.report import CheckReason, Light
from kiosk.call.reaching.reaching import Reaching
from kiosk.call.settings import CallSettings
from kiosk.rendezvous.server import Rendezvous
from kiosk.rendezvous.turn import TurnSettings, servers_message
from tests.fakes.call_bench import TOKEN, WORDS_FILE, rendezvous, trusting
from tests.fakes.line_relay import LineRelay
from tests.fakes.turn_server import SECRET, free_port, turn_server

ROOM = "a-room-of-22-characters"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Rendezvous]:
    """With the room open, as when the kiosk's call waits there."""
    async with rendezvous(tmp_path) as running:
        running.reserve(ROOM)
        yield running


def address(server: Rendezvous, port: int | None = None) -> LineAddress:
    url = f"wss://localhost:{port or server.port}/signal"
    return LineAddress(url, TOKEN, ROOM, server.cert_file)


def test_the_way_of_the_call_is_the_way_of_the_check() -> None:
    settings = CallSettings(
        "https://page.example.org/", TOKEN, WORDS_FILE, "site", "1", "wss://relay.example.org:9/signal"
    )
    made = LineAddress.of(settings, ROOM, local=False)
    assert made.signal_url == "wss://relay.example.org:9/signal"
    assert made.probe_url == "https://relay.example.org:9/probe"


async def test_a_fast_line_is_green(server: Rendezvous) -> None:
    figures = await measure_line(address(server))
    assert figures.reachable and figures.up_bps and figures.down_bps
    found = judge_line(figures)
    assert found.light is Light.GREEN
    assert "kbit/s" in found.detail and "RTT" in found.detail


async def test_a_narrow_line_up_is_measured_and_named(server: Rendezvous) -> None:
    async with LineRelay() as line:
        port = line.tcp("127.0.0.1", server.port, dialled_by="kiosk")
        line.set("to_physician", rate_kbps=200, queue_ms=400)
        began_s = time.monotonic()
        figures = await measure_line(address(server, port))
        assert time.monotonic() - began_s < 10
    assert figures.up_bps is not None and figures.down_bps is not None
    assert 120_000 < figures.up_bps < 280_000
    assert figures.down_bps > 1_000_000
    assert judge_line(figures).reason is CheckReason.LINE_WEAK


async def test_a_line_by_satellite_is_not_taken_for_one_that_is_down(server: Rendezvous) -> None:
    async with LineRelay() as line:
        port = line.tcp("127.0.0.1", server.port, dialled_by="kiosk")
        line.set(delay_ms=300)
        began_s = time.monotonic()
        figures = await measure_line(address(server, port))
        assert time.monotonic() - began_s < 10
    assert figures.reachable
    assert figures.rtt_ms is not None and figures.rtt_ms > 500


async def test_on_this_machine_nothing_is_claimed(server: Rendezvous) -> None:
    figures = await measure_line(replace(address(server), local=True))
    assert (figures.up_bps, figures.down_bps) == (None, None)
    assert judge_line(figures).reason is CheckReason.LINE_UNMEASURED


async def test_nobody_there_is_a_line_that_is_down(server: Rendezvous) -> None:
    figures = await measure_line(address(server, free_port()))
    assert judge_line(figures).reason is CheckReason.LINE_DOWN


async def test_a_line_that_swallows_everything_is_down(server: Rendezvous) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        figures = await measure_line(address(server, silent.getsockname()[1]))
    assert judge_line(figures).reason is CheckReason.LINE_DOWN


async def test_a_server_that_refuses_is_not_a_line_that_is_down(server: Rendezvous) -> None:
    figures = await measure_line(replace(address(server), token="another"))
    assert judge_line(figures).reason is CheckReason.LINE_UNMEASURED
    async with aiohttp.ClientSession() as client:  # and the probe is there: it is our token that it minds
        query = {"room": ROOM, "role": "kiosk", "bytes": "0"}
        async with client.get(address(server).probe_url, params=query, ssl=trusting(server)) as answer:
            assert answer.status == 403


async def test_the_relay_is_measured(tmp_path: Path) -> None:
    async with turn_server(tmp_path) as turn:
        reaching = told(turn.udp)
        found = await try_relay(reaching)
        await reaching.close()
    assert found is not None and found.reachable
    assert found.loss == 0 and found.rtt_ms is not None


async def test_a_relay_that_is_dead_is_named(server: Rendezvous) -> None:
    reaching = told(f"turn:127.0.0.1:{free_port()}?transport=tcp")
    figures = await measure_line(replace(address(server), local=True), lambda: try_relay(reaching))
    await reaching.close()
    assert judge_line(figures).reason is CheckReason.LINE_RELAY


async def test_a_site_without_relay_is_judged_without() -> None:
    assert await try_relay(Reaching()) is None


def told(url: str) -> Reaching:
    reaching = Reaching()
    reaching.told(servers_message(TurnSettings((url,), SECRET)))
    return reaching


async def test_a_piece_that_never_arrives_bounds_the_rate() -> None:
    async def never(size: int) -> float:
        await asyncio.sleep(60)
        return 60.0

    rate_bps = await measure_rate(never, 0.0, limit_s=0.1)
    assert rate_bps == 8_000 * 8 / 0.1
