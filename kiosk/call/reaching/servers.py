"""The rendezvous' word on relays: `{"type":"servers","ice":[...],"relay_only":false}`. Pure, bounded."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kiosk.call.reaching.urls import ServerUrl, parse_url

ENTRIES_MAX, URLS_MAX, CREDENTIAL_MAX = 8, 8, 512


class BadServers(Exception):
    """The message is not one of ours: it is ignored as a whole. The text says why."""


@dataclass(frozen=True, slots=True)
class TurnServer:
    """One way to one relay, with what opens it for a few hours."""

    url: ServerUrl
    username: str = field(repr=False)
    credential: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Servers:
    """All the ways we were told of. `relay_only`: nothing but a relay may be used."""

    turn: tuple[TurnServer, ...] = ()
    stun: tuple[ServerUrl, ...] = ()
    relay_only: bool = False


def parse_servers(message: Mapping[str, object]) -> Servers:
    """Raises BadServers for anything that is not exactly as it should be."""
    entries, relay_only = message.get("ice"), message.get("relay_only", False)
    if not isinstance(entries, list) or len(entries) > ENTRIES_MAX:
        raise BadServers(f"ice is not a list of at most {ENTRIES_MAX}")
    if not isinstance(relay_only, bool):
        raise BadServers("relay_only is not true or false")
    turn: list[TurnServer] = []
    stun: list[ServerUrl] = []
    for entry in entries:
        for url in _urls(entry):
            if not url.turn:
                stun.append(url)
            else:
                turn.append(TurnServer(url, _text(entry, "username"), _text(entry, "credential")))
    if len(turn) + len(stun) > URLS_MAX:
        raise BadServers(f"more than {URLS_MAX} addresses")
    return Servers(tuple(turn), tuple(stun), relay_only)


def _urls(entry: object) -> list[ServerUrl]:
    urls = entry.get("urls") if isinstance(entry, dict) else None
    if not isinstance(urls, list) or not 1 <= len(urls) <= URLS_MAX:
        raise BadServers(f"urls is not a list of 1 to {URLS_MAX}")
    return [_url(url) for url in urls]


def _url(url: object) -> ServerUrl:
    if not isinstance(url, str):
        raise BadServers("an address is not text")
    try:
        return parse_url(url)
    except ValueError as error:
        raise BadServers(f"an address: {error}") from error


def _text(entry: Mapping[str, object], key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not 1 <= len(value) <= CREDENTIAL_MAX:
        raise BadServers(f"{key} is not a text of 1 to {CREDENTIAL_MAX} characters")
    if not (value.isascii() and value.isprintable()):
        raise BadServers(f"{key} holds characters that no server knows")
    return value
