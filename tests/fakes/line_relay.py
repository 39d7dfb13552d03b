"""A line that can be made bad: UDP (as through a NAT) and TCP, forwarded in user space.

    async with LineRelay() as line:
        port = line.tcp("127.0.0.1", rendezvous.port, dialled_by="physician")   # 127.0.0.1:port leads there
        await through(page, line)                     # before page.goto: all media of this page take the line
        line.set(loss=0.1, delay_ms=25)                                # both ways
        line.set("to_physician", rate_kbps=500, queue_ms=400)          # one way; the rest stays as it was
        line.cut(True); line.cut(False); line.rebind()                 # nothing passes; again; a new NAT port

Directions are "to_kiosk" and "to_physician"; `dialled_by` says who connects to a port ("physician", "kiosk").
`through(page or context, line)` makes Chromium's RTCPeerConnection see each candidate of the other side as
a port of the line, and hides its own, so that the other side can only answer the line (aiortc gives up
without any address: it gets one that leads nowhere). One end is enough. For TURN give `line.udp(...)` or
`line.tcp(...)` as the server's address; relayed candidates are left alone. Rate and queue of a direction are
shared by all its UDP and TCP. A cut: datagrams vanish, TCP connections stay open and silent; as on a true
line, those with something to say come back when a kernel would try again (0.2 s, doubled each time; a new
connection after 1, 3, 7, 15 s...; `tcp_backoff=False`: at once). Loss delays TCP by one retransmission.
"python -m tests.fakes.line_relay --control SOCKET" is the same as a process: see `line_process.py`.
"""

import argparse
import asyncio
import contextlib
import json
import signal
import socket
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from playwright.async_api import BrowserContext, Page

from tests.fakes.line_shaper import Shaper

Direction = Literal["to_kiosk", "to_physician"]
Party = Literal["kiosk", "physician"]
Address = tuple[str, int]

HOST = "127.0.0.1"
PAGE_SCRIPT = Path(__file__).with_name("line_relay_page.js")
_BUFFER_BYTES = 1 << 20
_DATAGRAM_BYTES = 65536
_PIECE_BYTES = 1400
_FIRST_RETRY_S, _FIRST_SYN_RETRY_S, _LONGEST_RETRY_S = 0.2, 1.0, 120.0


def next_retry_s(began_s: float, first_s: float, now_s: float) -> float:
    """When a kernel that failed at `began_s` tries again for the first time after `now_s`."""
    at_s, step_s = began_s + first_s, first_s
    while at_s < now_s:
        step_s = min(2 * step_s, _LONGEST_RETRY_S)
        at_s += step_s
    return at_s


class LineRelay:
    """Everything is called on one asyncio loop. Leaving its block closes all ports and connections."""

    def __init__(self, seed: int = 7, tcp_backoff: bool = True) -> None:
        self.shapers: dict[Direction, Shaper] = {"to_kiosk": Shaper(seed), "to_physician": Shaper(seed + 1)}
        self.tcp_backoff = tcp_backoff
        self.is_cut = False
        self.whole = asyncio.Event()
        self.whole.set()
        self._udp: dict[Address, _UdpPort] = {}
        self._tcp: dict[Address, _TcpPort] = {}

    async def __aenter__(self) -> "LineRelay":
        self.loop = asyncio.get_running_loop()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_cut = True  # what is on its way arrives nowhere
        for udp in self._udp.values():
            udp.close()
        for tcp in self._tcp.values():
            await tcp.close()

    def udp(self, host: str, port: int, dialled_by: Party = "physician") -> int:
        """The port of 127.0.0.1 that leads to this UDP address; the same one for the same address."""
        if (host, port) not in self._udp:
            self._udp[host, port] = _UdpPort(self, (host, port), dialled_by)
        return self._udp[host, port].port

    def tcp(self, host: str, port: int, dialled_by: Party = "physician") -> int:
        """The port of 127.0.0.1 that leads to this TCP address, for this party."""
        key = (f"{dialled_by}>{host}", port)
        if key not in self._tcp:
            self._tcp[key] = _TcpPort(self, (host, port), dialled_by)
        return self._tcp[key].port

    def set(self, direction: Direction | None = None, **changes: float) -> None:
        """Change fields of `Impairment`, of both directions without `direction`. A typo raises TypeError."""
        for way in (direction,) if direction else ("to_kiosk", "to_physician"):
            shaper = self.shapers[way]
            shaper.impairment = replace(shaper.impairment, **changes)

    def cut(self, on: bool) -> None:
        self.is_cut = on
        if on:
            self.whole.clear()
        else:
            self.whole.set()

    def rebind(self) -> None:
        """The NAT forgets: whoever is reached by UDP sees the dialling party at another port from now on."""
        for port in self._udp.values():
            port.rebind()

    def counters(self) -> dict[str, dict[str, int]]:
        return {way: asdict(shaper.counters) for way, shaper in self.shapers.items()}

    def carry(self, direction: Direction, data: bytes, send: Callable[[bytes], None]) -> None:
        """One datagram on its way."""
        if self.is_cut:
            return
        now_s = self.loop.time()
        for at_s in self.shapers[direction].departures(len(data), now_s):
            if at_s <= now_s:
                send(data)
            else:
                self.loop.call_at(at_s, self._arrive, data, send)

    def _arrive(self, data: bytes, send: Callable[[bytes], None]) -> None:
        if not self.is_cut:
            send(data)


def _directions(dialled_by: Party) -> tuple[Direction, Direction]:
    """Of what the dialling party says, and of what it hears."""
    return ("to_kiosk", "to_physician") if dialled_by == "physician" else ("to_physician", "to_kiosk")


def _datagram_socket(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    made.bind((host, 0))
    return made


class _UdpPort:
    """One address that can be dialled, and a socket towards it for each who does."""

    def __init__(self, line: LineRelay, target: Address, dialled_by: Party) -> None:
        self._line, self._target = line, target
        self._there, self._back = _directions(dialled_by)
        self._socket = _datagram_socket(HOST)
        self.port: int = self._socket.getsockname()[1]
        self._upstream: dict[Address, socket.socket] = {}
        line.loop.add_reader(self._socket, self._dialled)

    def _dialled(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            while True:
                data, client = self._socket.recvfrom(_DATAGRAM_BYTES)
                self._line.carry(self._there, data, lambda d, c=client: self._forward(d, c))  # type: ignore[misc]

    def _forward(self, data: bytes, client: Address) -> None:
        _send(self._upstream.get(client) or self._new_upstream(client), data, self._target)

    def _new_upstream(self, client: Address) -> socket.socket:
        made = self._upstream[client] = _datagram_socket("0.0.0.0")
        self._line.loop.add_reader(made, self._answered, made, client)
        return made

    def _answered(self, upstream: socket.socket, client: Address) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            while True:
                data, sender = upstream.recvfrom(_DATAGRAM_BYTES)
                if sender[1] == self._target[1]:
                    self._line.carry(self._back, data, lambda d: _send(self._socket, d, client))

    def rebind(self) -> None:
        for upstream in self._upstream.values():
            self._line.loop.remove_reader(upstream)
            upstream.close()
        self._upstream.clear()

    def close(self) -> None:
        self.rebind()
        self._line.loop.remove_reader(self._socket)
        self._socket.close()


def _send(through_: socket.socket, data: bytes, address: Address) -> None:
    """A datagram may get lost: a full buffer, a port that has been closed, a line that is being closed."""
    with contextlib.suppress(OSError):
        through_.sendto(data, address)


class _TcpPort:
    """A listening port; each connection is two pumps."""

    def __init__(self, line: LineRelay, target: Address, dialled_by: Party) -> None:
        self._line, self._target = line, target
        self._there, self._back = _directions(dialled_by)
        self._socket = socket.create_server((HOST, 0))
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self._connections: set[asyncio.Task[None]] = set()
        self._accepting = line.loop.create_task(self._accept())

    async def _accept(self) -> None:
        while True:
            client, _ = await self._line.loop.sock_accept(self._socket)
            task = self._line.loop.create_task(self._serve(client))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

    async def _serve(self, client: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=client)
        try:
            await _passage(self._line, _FIRST_SYN_RETRY_S)
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(self._there, reader, far_writer))
                group.create_task(self._pump(self._back, far_reader, writer))
        finally:
            writer.transport.abort()
            far_writer.transport.abort()

    async def _pump(self, way: Direction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until one side hangs up; when it does so hard, the other side is told in the same way."""
        try:
            while data := await reader.read(_PIECE_BYTES):
                await self._travel(way, len(data))
                writer.write(data)
                await writer.drain()
            await _passage(self._line, _FIRST_RETRY_S)
            writer.write_eof()
        except OSError:
            writer.transport.abort()

    async def _travel(self, way: Direction, size: int) -> None:
        line = self._line
        await _passage(line, _FIRST_RETRY_S)
        at_s = line.shapers[way].stream_departure(size, line.loop.time(), _FIRST_RETRY_S)
        await asyncio.sleep(max(0.0, at_s - line.loop.time()))
        await _passage(line, _FIRST_RETRY_S)

    async def close(self) -> None:
        tasks = [self._accepting, *self._connections]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._socket.close()


async def _passage(line: LineRelay, first_s: float) -> None:
    """Wait until the line lets something pass."""
    began_s = line.loop.time()
    while line.is_cut:
        await line.whole.wait()
        if line.tcp_backoff:
            now_s = line.loop.time()
            await asyncio.sleep(next_retry_s(began_s, first_s, now_s) - now_s)


async def through(page: Page | BrowserContext, line: LineRelay) -> None:
    """From its next document on, this page (or all pages of a context) reaches its peers by the line."""
    await page.expose_function("lineRelayPort", line.udp)
    await page.add_init_script(PAGE_SCRIPT.read_text(encoding="utf-8"))


def obey(line: LineRelay, request: dict[str, Any]) -> object:
    """One command of the control socket: {"do": NAME, ...its arguments by name}."""
    name = request.pop("do")
    if name not in ("udp", "tcp", "set", "cut", "rebind", "counters"):
        raise ValueError(f"no such command: {name}")
    return getattr(line, name)(**request)


async def _control(line: LineRelay, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while text := await reader.readline():
        try:
            answer: dict[str, object] = {"ok": True, "value": obey(line, json.loads(text))}
        except (KeyError, TypeError, ValueError, OSError) as error:
            answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        writer.write(json.dumps(answer).encode() + b"\n")
        await writer.drain()
    writer.close()


async def _main(path: Path) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with LineRelay() as line:
        writers: list[asyncio.StreamWriter] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            await _control(line, reader, writer)

        async with await asyncio.start_unix_server(serve, path):
            print(json.dumps({"control": str(path)}), flush=True)
            await stopped.wait()
            for writer in writers:
                writer.close()
            await asyncio.sleep(0.05)  # lets the readers see it


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--control", type=Path, required=True, metavar="SOCKET")
    asyncio.run(_main(parser.parse_args().control))
