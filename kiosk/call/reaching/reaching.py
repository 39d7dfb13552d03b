"""The way to the other side through firewalls: always knows which relay the next connection takes.

Importing this is cheap; aioice is loaded, beside the loop, when the rendezvous names the first server.
"""

import asyncio
import contextlib
import importlib
import logging
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiosk.call.reaching.choice import Answer, Chosen, choose
from kiosk.call.reaching.servers import BadServers, Servers, parse_servers
from kiosk.call.reaching.urls import ServerUrl, Transport

_SETTLE_S = 0.1  # after the first answer, that a better one may still come
_WAIT_S = 1.2  # a probe has ended by then
_AGAIN_S, _AGAIN_NONE_S = 60.0, 10.0

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
        self._wanted.set()
        if self._task is None and (servers.turn or servers.stun):
            self._task = asyncio.create_task(self._run())

    async def route(self) -> Route:
        """At once when a choice is known, else after the probe that runs: about a second at most."""
        if self.chosen is None:
            self.failed()  # the line may be back since we looked
        if self._task is not None and not self._known.is_set():
            with contextlib.suppress(TimeoutError):  # then without a relay
                async with asyncio.timeout(_WAIT_S):
                    await self._known.wait()
        return Route(self.chosen, self._stun, self._servers.relay_only, self._tls)

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
        from kiosk.call.reaching.probe import ask

        first = not self._known.is_set()
        asked = [asyncio.create_task(ask(server, self._tls)) for server in servers.turn]
        stun = asyncio.create_task(_first_stun(servers.stun))
        answers: list[Answer] = []
        early: asyncio.TimerHandle | None = None
        try:
            for coming in asyncio.as_completed(asked):
                answers.append(await coming)
                if first and early is None and answers[-1].rtt_ms is not None:
                    early = asyncio.get_running_loop().call_later(_SETTLE_S, self._settle, servers, answers)
            if servers.turn:
                self._settle(servers, answers)
            self._stun = await stun
        finally:
            if early is not None:
                early.cancel()
            await _end([*asked, stun])
        self._settle(servers, answers)
        self._say(answers)

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
