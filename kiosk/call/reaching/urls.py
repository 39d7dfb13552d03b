"""Addresses of STUN and TURN servers (RFC 7064, RFC 7065), as far as we use them. Pure."""

import re
from dataclasses import dataclass
from enum import IntEnum

URL_MAX = 300
_PORTS = {"stun": 3478, "turn": 3478, "turns": 5349}
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_URL = re.compile(
    rf"(?P<scheme>stun|turn|turns):(?P<host>{_LABEL}(?:\.{_LABEL})*)"
    r"(?::(?P<port>[0-9]{1,5}))?(?:\?transport=(?P<transport>udp|tcp))?"
)


class Transport(IntEnum):
    """How one talks to the server, the most direct first: their order is the order of preference."""

    UDP = 0
    TCP = 1
    TLS = 2


@dataclass(frozen=True, slots=True)
class ServerUrl:
    """`turn` is False for a STUN server, which tells an address but relays nothing."""

    text: str
    host: str
    port: int
    transport: Transport
    turn: bool


def parse_url(text: str) -> ServerUrl:
    """Read stun:HOST[:PORT], turn:HOST[:PORT][?transport=udp|tcp] or turns:HOST[:PORT][?transport=tcp].

    HOST is a name or an IPv4 address. Raises ValueError with what is wrong.
    """
    found = _URL.fullmatch(text) if len(text) <= URL_MAX else None
    if found is None:
        raise ValueError("not like stun:HOST:PORT, turn:HOST:PORT?transport=udp or turns:HOST:PORT")
    scheme, transport = found["scheme"], found["transport"]
    port = int(found["port"] or _PORTS[scheme])
    if not 1 <= port <= 65535:
        raise ValueError("its port is not between 1 and 65535")
    if scheme == "stun" and transport is not None:
        raise ValueError("a stun: address has no transport")
    if scheme == "turns" and transport == "udp":
        raise ValueError("turns: goes over TCP only")
    return ServerUrl(text, found["host"], port, _transport(scheme, transport), scheme != "stun")


def _transport(scheme: str, transport: str | None) -> Transport:
    if scheme == "turns":
        return Transport.TLS
    return Transport.TCP if transport == "tcp" else Transport.UDP
