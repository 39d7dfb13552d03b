"""A route in aiortc's words. Imports aiortc."""

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCDtlsTransport,
    RTCIceServer,
    RTCIceTransportPolicy,
)

from kiosk.call.reaching.reaching import Route
from kiosk.call.repairs.gathering_limit import LIMIT_S, limit_gathering
from kiosk.call.repairs.turn_tls import trust_relay

_ROUND_TRIPS = 7  # to a relay by TLS, and one more


def configuration(route: Route) -> RTCConfiguration:
    """Never without a list of servers, even an empty one: aiortc's own default is a public STUN server."""
    policy = RTCIceTransportPolicy.RELAY if route.relay_only else RTCIceTransportPolicy.ALL
    return RTCConfiguration(_servers(route), policy, RTCBundlePolicy.MAX_BUNDLE)


def repair_gathering(transport: RTCDtlsTransport, route: Route) -> None:
    """After the transports exist, before they gather."""
    rtt_s = route.chosen.rtt_ms / 1000 if route.chosen is not None else 0.0
    limit_gathering(transport, max(LIMIT_S, _ROUND_TRIPS * rtt_s))
    if route.tls is not None:
        trust_relay(transport, route.tls)


def _servers(route: Route) -> list[RTCIceServer]:
    servers: list[RTCIceServer] = []
    if route.chosen is not None:
        relay = route.chosen.server
        servers.append(RTCIceServer(relay.url.text, relay.username, relay.credential))
    if route.stun is not None:
        servers.append(RTCIceServer(route.stun.text))
    return servers
