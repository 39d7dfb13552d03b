"""The simulated line itself: what it must do to packets, and that a browser's media cannot get around it."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import async_playwright

from tests.fakes.call_bench import Bench, bench
from tests.fakes.chromium import FLAGS, executable
from tests.fakes.line_relay import LineRelay, next_retry_s, through
from tests.fakes.line_shaper import Impairment, Shaper


def _departures(shaper: Shaper, count: int, size: int = 972, every_s: float = 0.0) -> list[tuple[float, ...]]:
    return [shaper.departures(size, index * every_s) for index in range(count)]


def test_loss_is_what_was_asked_for() -> None:
    shaper = Shaper(1)
    shaper.impairment = Impairment(loss=0.1)
    lost = sum(1 for times in _departures(shaper, 5000) if not times)
    assert lost / 5000 == pytest.approx(0.1, abs=0.02)
    assert shaper.counters.lost == lost


def test_a_rate_fills_a_queue_and_then_drops() -> None:
    shaper = Shaper(1)
    shaper.impairment = Impairment(rate_kbps=800, queue_ms=100)  # 1000 bytes on the wire are 10 ms
    times = [at for each in _departures(shaper, 30) for at in each]
    assert times == pytest.approx([0.01 * (n + 1) for n in range(11)])
    assert shaper.counters.overflowed == 19


def test_jitter_keeps_the_order_and_reordering_does_not() -> None:
    shaper = Shaper(1)
    shaper.impairment = Impairment(delay_ms=20, jitter_ms=30)
    steady = [at for each in _departures(shaper, 200, every_s=0.005) for at in each]
    assert steady == sorted(steady)
    assert min(at - 0.005 * n for n, at in enumerate(steady)) >= 0.02
    shaper.impairment = Impairment(reorder=0.2)
    mixed = [at for each in _departures(shaper, 200, every_s=0.005) for at in each]
    assert mixed != sorted(mixed)


def test_doubled_packets() -> None:
    shaper = Shaper(1)
    shaper.impairment = Impairment(duplicate=0.5)
    assert {len(times) for times in _departures(shaper, 50)} == {1, 2}


def test_a_kernel_tries_again_later_and_later() -> None:
    assert next_retry_s(10.0, 1.0, 10.5) == 11.0
    assert next_retry_s(10.0, 1.0, 14.0) == 17.0
    assert next_retry_s(10.0, 0.2, 15.0) == pytest.approx(16.2)


class _Echo(asyncio.DatagramProtocol):
    """Answers with what came, and notes from where."""

    def __init__(self) -> None:
        self.senders: list[tuple[str, int]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.senders.append(address)
        self._transport.sendto(data, address)


async def _asked(line_port: int, client: socket.socket) -> bool:
    """Does an answer come back within half a second?"""
    loop = asyncio.get_running_loop()
    client.sendto(b"hello", ("127.0.0.1", line_port))
    try:
        async with asyncio.timeout(0.5):
            return await loop.sock_recv(client, 100) == b"hello"
    except TimeoutError:
        return False


async def test_datagrams_pass_vanish_in_a_cut_and_change_their_port() -> None:
    loop = asyncio.get_running_loop()
    transport, echo = await loop.create_datagram_endpoint(_Echo, local_addr=("127.0.0.1", 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        client.bind(("127.0.0.1", 0))
        async with LineRelay() as line:
            port = line.udp(*transport.get_extra_info("sockname"))
            assert await _asked(port, client)
            line.cut(True)
            assert not await _asked(port, client)
            line.cut(False)
            assert await _asked(port, client)
            line.rebind()
            assert await _asked(port, client)
            line.set("to_kiosk", loss=1.0)
            assert not await _asked(port, client)
            assert line.counters()["to_kiosk"]["lost"] == 1
    transport.close()
    assert len(set(echo.senders)) == 2


async def test_a_stream_is_silent_in_a_cut_and_goes_on_after_it() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with LineRelay() as line:
        port = line.tcp("127.0.0.1", server.sockets[0].getsockname()[1])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"one")
        assert await reader.readexactly(3) == b"one"
        line.cut(True)
        writer.write(b"two")
        late_reader, late_writer = await asyncio.open_connection("127.0.0.1", port)
        late_writer.write(b"new")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.4):
                await reader.read(3)
        line.cut(False)
        async with asyncio.timeout(5):
            assert await reader.readexactly(3) == b"two"
            assert await late_reader.readexactly(3) == b"new"
        writer.close()
        late_writer.close()
    server.close()


def _shown(kiosk: Bench) -> int:
    """The number of the physician's latest picture; -1 when it was taken away."""
    picture = kiosk.media.remote_video.latest()
    return -1 if picture is None else picture.sequence


async def test_all_media_of_a_page_take_the_line(tmp_path: Path) -> None:
    """Packets pass both ways by the line; with the line cut the kiosk sees no further picture."""
    async with LineRelay() as line, bench(tmp_path) as kiosk, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=[*FLAGS])
        page = await browser.new_page(ignore_https_errors=True)
        await through(page, line)
        await page.goto(kiosk.link)
        await page.get_by_test_id("join").click()
        await kiosk.until(lambda: kiosk.media.remote_video.latest() is not None)
        await kiosk.until(lambda: len(kiosk.loudspeaker.pieces) > 10)
        await kiosk.until(lambda: all(way["packets"] > 100 for way in line.counters().values()))
        line.cut(True)
        await asyncio.sleep(0.5)
        before = _shown(kiosk)
        await asyncio.sleep(1.0)
        assert _shown(kiosk) in (before, -1)
        line.cut(False)
        await page.close()
        await browser.close()
