"""aiortc verifies a `turns:` relay by the machine's own list only: a relay of our own needs our own file."""

import ssl

from aiortc import RTCDtlsTransport

_CONNECTION, _ATTRIBUTE = "_connection", "turn_ssl"


def trust_relay(transport: RTCDtlsTransport, tls: ssl.SSLContext) -> None:
    """Let one connection verify its relay with `tls`, before it gathers. Without such a relay: nothing."""
    gatherer = transport.transport.iceGatherer
    agent = getattr(gatherer, _CONNECTION, None)
    if agent is None or not hasattr(agent, _ATTRIBUTE):
        raise AttributeError(f"this aiortc has no {_CONNECTION}.{_ATTRIBUTE}: look for its own way")
    if agent.turn_ssl:
        agent.turn_ssl = tls
