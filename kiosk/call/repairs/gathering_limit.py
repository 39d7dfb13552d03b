"""aioice waits 5 s for a relay that died since it was chosen, and the answer with it."""

import functools
import inspect

from aiortc import RTCDtlsTransport

LIMIT_S = 1.0
_METHOD, _PARAMETER = "get_component_candidates", "timeout"


def limit_gathering(transport: RTCDtlsTransport, limit_s: float = LIMIT_S) -> None:
    """Answer after `limit_s` with the candidates that are there. Before the connection gathers."""
    agent = transport.transport.iceGatherer._connection
    gather = getattr(agent, _METHOD, None)
    if gather is None or _PARAMETER not in inspect.signature(gather).parameters:
        raise AttributeError(f"this aioice has no {_METHOD}({_PARAMETER}): look for its own limit")
    setattr(agent, _METHOD, functools.partial(gather, **{_PARAMETER: limit_s}))
