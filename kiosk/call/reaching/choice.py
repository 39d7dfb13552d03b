"""Which of the relays that answered is taken. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kiosk.call.reaching.servers import TurnServer

SIMILAR_MS = 30.0


class Failure(StrEnum):
    """Why a relay cannot be used."""

    SILENT = "silent"  # no answer within the limit: dead, or a firewall in between
    UNREACHABLE = "unreachable"  # connection refused, unknown name, no way there
    CERTIFICATE = "certificate"  # TLS: not one that we trust
    CREDENTIALS = "credentials"  # wrong secret, or expired (a wrong clock does that too)
    FULL = "full"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one relay said. `rtt_ms` None: it cannot be used, and `failure` tells why."""

    server: TurnServer
    rtt_ms: float | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The relay of the next connection. aiortc uses one only."""

    server: TurnServer
    rtt_ms: float


def choose(answers: Iterable[Answer]) -> Chosen | None:
    """The nearest; among those about as near, UDP before TCP before TLS. None when none answered."""
    alive = [Chosen(answer.server, answer.rtt_ms) for answer in answers if answer.rtt_ms is not None]
    if not alive:
        return None
    limit_ms = min(chosen.rtt_ms for chosen in alive) + SIMILAR_MS
    near = [chosen for chosen in alive if chosen.rtt_ms <= limit_ms]
    return min(near, key=lambda chosen: (chosen.server.url.transport, chosen.rtt_ms))
