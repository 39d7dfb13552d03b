"""The relays (TURN): a real allocation on each, with the credentials that a call would get."""

import asyncio
import json
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from kiosk.call.reaching.choice import Answer, Failure
from kiosk.call.reaching.reaching import relay_trust
from kiosk.call.reaching.servers import BadServers, Servers, parse_servers
from kiosk.rendezvous.errors import CloseCode
from kiosk.rendezvous.turn import servers_message
from kiosk.selftest.network import Asked, Heard, client, heard_of, host_of, unreachable
from kiosk.selftest.report import Check, Part, Problem, amber, green, red

if TYPE_CHECKING:
    from kiosk.call.checks.line import LineAddress
    from kiosk.rendezvous.turn import TurnSettings

_SILENT = (Failure.SILENT, Failure.UNREACHABLE)
_PROBLEMS = {
    Failure.SILENT: Problem.UNREACHABLE,
    Failure.UNREACHABLE: Problem.UNREACHABLE,
    Failure.CERTIFICATE: Problem.CERTIFICATE,
    Failure.CREDENTIALS: Problem.CREDENTIAL_REFUSED,
    Failure.FULL: Problem.FULL,
    Failure.REFUSED: Problem.NOT_WORKING,
}


def own_relays(settings: "TurnSettings") -> Servers:
    """Those of the settings, as the embedded rendezvous would name them."""
    return parse_servers(servers_message(settings))


async def join_rendezvous(address: "LineAddress") -> tuple[Asked, Servers]:
    """Enter a room of our own at a rendezvous elsewhere, as a call does, and hear which relays there are."""
    url = f"{address.signal_url}?room={address.room}&role=kiosk"
    host = host_of(url)
    try:
        context = ssl.create_default_context(cafile=address.ca_file)
        headers = {"Authorization": f"Bearer {address.token}"}
        async with client() as asking, asking.ws_connect(url, ssl=context, headers=headers) as socket:
            check, servers = await _listen(socket, address.signal_url)
            await socket.close(code=CloseCode.ROOM_OVER)
            return Asked(check, host, Heard.ANSWER), servers
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        check = unreachable(Part.RENDEZVOUS, address.signal_url, error)
        return Asked(check, host, heard_of(error)), Servers()


async def _listen(socket: aiohttp.ClientWebSocketResponse, url: str) -> tuple[Check, Servers]:
    """The relays come first where there are any, then whether somebody is there."""
    servers = Servers()
    try:
        async for message in socket:
            told = json.loads(message.data)
            if told.get("type") != "servers":
                return green(Part.RENDEZVOUS, url), servers
            servers = parse_servers(told)
    except (ValueError, AttributeError, BadServers) as error:
        return red(Part.RENDEZVOUS, Problem.NOT_WORKING, url, type(error).__name__), servers
    refused = socket.close_code == CloseCode.BAD_TOKEN
    problem = Problem.CREDENTIAL_REFUSED if refused else Problem.NOT_WORKING
    return red(Part.RENDEZVOUS, problem, url, f"closed {socket.close_code}"), servers


async def ask_relays(servers: Servers, ca_file: Path | None) -> tuple[Asked, ...]:
    """One check for all: a call takes the best that answers. Nothing where the site has none."""
    if not servers.turn:
        return ()
    from kiosk.call.reaching.probe import ask

    tls = await asyncio.to_thread(relay_trust, servers, ca_file)
    answers = await asyncio.gather(*(ask(server, tls) for server in servers.turn))
    check = judge_relays(answers)
    return tuple(Asked(check, answer.server.url.host, _heard(answer)) for answer in answers)


def judge_relays(answers: list[Answer]) -> Check:
    """Amber when some answer and some do not, red when none does."""
    failures = [answer for answer in answers if answer.failure is not None]
    if not failures:
        return green(Part.TURN, detail=_detail(answers))
    if len(failures) < len(answers):
        return amber(Part.TURN, Problem.SOME_DOWN, failures[0].server.url.text, _detail(answers))
    said = next((a for a in failures if a.failure not in _SILENT), failures[0])
    assert said.failure is not None
    return red(Part.TURN, _PROBLEMS[said.failure], said.server.url.text, _detail(answers))


def _heard(answer: Answer) -> Heard:
    return Heard.NOTHING if answer.failure in _SILENT else Heard.ANSWER


def _detail(answers: list[Answer]) -> str:
    return ", ".join(
        f"{a.server.url.text} {a.failure.value if a.failure else f'{a.rtt_ms:.0f} ms'}" for a in answers
    )
