"""The way to the other side through firewalls: always knows which relay the next connection takes.

Importing this is cheap; aioice is loaded, beside the loop, when the rendezvous names the first server.
"""

import asyncio
import contextlib
import importlib
import logging
import ssl
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiosk.call.reaching.choice import Answer, Chosen, Failure, choose
from kiosk.call.reaching.servers import BadServers, Servers, parse_servers
from kiosk.call.reaching.urls import ServerUrl, Transport

_SETTLE_S = 0.1  # after the first answer, that a better one may still come
_WAIT_S, _WAIT_LONG_S = 1.2, 4.2  # the probe of a quick relay has ended by then, and that of a slow one
_AGAIN_S, _AGAIN_NONE_S = 60.0, 10.0
_FIRST = asyncio.FIRST_COMPLETED

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Route:
    """What a new connection may use. `tls` verifies a relay that is reached by TLS."""

    chosen: Chosen | None = None
    stun: ServerUrl | None = None
    relay_only: bool = False
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    @property
    def blocked(self) -> bool:
        """True when only a relay is allowed and none can be reached: no connection is possible."""
        return self.relay_only and self.chosen is None


DIRECT = Route()


class Reaching:
    """`told` of servers by the rendezvous; `await route()` for each new connection; `close` at the end.

    Everything is called on the asyncio loop. `answers` is what every relay said last.
    """

    def __init__(self, ca_file: Path | None = None) -> None:
        self._ca_file = ca_file
        self._servers = Servers()
        self._tls: ssl.SSLContext | None = None
        self._stun: ServerUrl | None = None
        self._known = asyncio.Event()
        self._wanted = asyncio.Event()
        self._others = asyncio.Event()
        self._is_slow = False
        self._task: asyncio.Task[None] | None = None
        self.chosen: Chosen | None = None
        self.answers: tuple[Answer, ...] = ()

    def told(self, message: Mapping[str, object]) -> None:
        """A `servers` message. One that is not as it should be is logged, and changes nothing."""
        try:
            servers = parse_servers(message)
        except BadServers as error:
            _logger.warning("servers of the rendezvous ignored: %s", error)
            return
        same_ways = _ways(servers) == _ways(self._servers)
        self._servers = servers
        if same_ways and self.chosen is not None:
            self._renew()
        else:
            self._forget()
            self._others.set()
        self._wanted.set()
        if self._task is None and (servers.turn or servers.stun):
            self._task = asyncio.create_task(self._run())

    async def route(self) -> Route:
        """At once when a choice is known, else after the probe that runs: about a second at most; four where
        nothing else is allowed, or a relay needed so long before.
        """
        if self.chosen is None:
            self.failed()  # the line may be back since we looked
        if self._task is not None and not self._known.is_set():
            with contextlib.suppress(TimeoutError):  # then without a relay
                async with asyncio.timeout(_WAIT_LONG_S if self._must_wait else _WAIT_S):
                    await self._known.wait()
        return Route(self.chosen, self._stun, self._servers.relay_only, self._tls)

    @property
    def _must_wait(self) -> bool:
        return self._servers.relay_only or self._is_slow

    def failed(self) -> None:
        """A connection over the chosen relay did not come about or broke: trust no earlier answer."""
        if self._servers.turn:
            self._forget()
            self._wanted.set()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def _forget(self) -> None:
        self.chosen = None
        self._known.clear()

    def _renew(self) -> None:
        """The same relay with the newer credentials."""
        assert self.chosen is not None
        of_url = {server.url: server for server in self._servers.turn}
        self.chosen = Chosen(of_url[self.chosen.server.url], self.chosen.rtt_ms)

    async def _run(self) -> None:
        """Look again every minute, sooner when no relay answered or one has failed."""
        await asyncio.to_thread(importlib.import_module, "kiosk.call.reaching.probe")
        while True:
            self._wanted.clear()
            if self._tls is None:
                self._tls = await asyncio.to_thread(relay_trust, self._servers, self._ca_file)
            await self._look(self._servers)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_AGAIN_S if self.chosen else _AGAIN_NONE_S):
                    await self._wanted.wait()

    async def _look(self, servers: Servers) -> None:
        first = not self._known.is_set()
        self._others.clear()
        stun = asyncio.create_task(_first_stun(servers.stun))
        answers: list[Answer] = []
        early: asyncio.TimerHandle | None = None
        try:
            async with contextlib.aclosing(self._answers(servers)) as coming:
                async for answer in coming:
                    answers.append(answer)
                    if first and early is None and answer.rtt_ms is not None:
                        loop = asyncio.get_running_loop()
                        early = loop.call_later(_SETTLE_S, self._settle, servers, answers)
            if servers.turn:
                self._settle(servers, answers)
            self._stun = await stun
        finally:
            if early is not None:
                early.cancel()
            await _end([stun])
        if servers is self._servers:
            self._settle(servers, answers)
            self._say(answers)

    async def _answers(self, servers: Servers) -> AsyncGenerator[Answer, None]:
        """As they come. After `LIMIT_S` the rest is waited for only while none has answered.

        Nobody is waited for once the rendezvous names others.
        """
        from kiosk.call.reaching.probe import LIMIT_S, ask

        clock = asyncio.get_running_loop().time
        ends_s, alive = clock() + LIMIT_S, False
        asked = {asyncio.create_task(ask(server, self._tls)): server for server in servers.turn}
        others = asyncio.create_task(self._others.wait())
        silent = set(asked)
        try:
            while silent and not others.done() and (clock() < ends_s or not alive):
                left_s = ends_s - clock() if clock() < ends_s else None
                await asyncio.wait({*silent, others}, timeout=left_s, return_when=_FIRST)
                for task in [task for task in silent if task.done()]:
                    silent.discard(task)
                    answer = task.result()
                    alive = alive or answer.rtt_ms is not None
                    yield answer
            self._is_slow = alive and clock() > ends_s + _SETTLE_S
        finally:
            await _end([*asked, others])
        for task in silent:
            yield Answer(asked[task], failure=Failure.SILENT)

    def _settle(self, servers: Servers, answers: list[Answer]) -> None:
        if servers is not self._servers:
            return  # the rendezvous has named others meanwhile: they are asked next
        self.answers, self.chosen = tuple(answers), choose(answers)
        self._known.set()

    def _say(self, answers: list[Answer]) -> None:
        for answer in answers:
            if answer.failure is not None:
                _logger.warning("relay %s: %s", answer.server.url.text, answer.failure)
        if self.chosen is not None:
            _logger.info("relay %s: %.0f ms", self.chosen.server.url.text, self.chosen.rtt_ms)


def relay_trust(servers: Servers, ca_file: Path | None) -> ssl.SSLContext | None:
    """The machine's own list and our file. None when no relay needs it, or the file is no good."""
    if all(server.url.transport is not Transport.TLS for server in servers.turn):
        return None
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            _logger.error("the certificates for relays cannot be read: %s", error)
            return None
    return context


def _ways(servers: Servers) -> tuple[ServerUrl, ...]:
    return tuple(server.url for server in servers.turn)


async def _first_stun(urls: Sequence[ServerUrl]) -> ServerUrl | None:
    from kiosk.call.reaching.probe import stun_answers

    answered = await asyncio.gather(*(stun_answers(url) for url in urls))
    return next((url for url, good in zip(urls, answered, strict=True) if good), None)


async def _end(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
