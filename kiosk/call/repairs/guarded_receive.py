"""In aiortc, an exception in a receive handler closes the connection. A bad packet must cost only itself."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiortc import RTCDtlsTransport, RTCSctpTransport

_logger = logging.getLogger(__name__)
_HANDLERS = ("_handle_rtp_data", "_handle_rtcp_data")
_DATA_HANDLER = "_handle_data"


def guard_receive(transport: RTCDtlsTransport, sctp: RTCSctpTransport | None) -> None:
    """Guard the handlers of one connection, before it is connected."""
    for name in _HANDLERS:
        setattr(transport, name, _guarded(getattr(transport, name), name))
    if sctp is not None:
        setattr(sctp, _DATA_HANDLER, _guarded(getattr(sctp, _DATA_HANDLER), _DATA_HANDLER))


def _guarded(handler: Callable[..., Awaitable[None]], name: str) -> Callable[..., Awaitable[None]]:
    dropped = 0

    async def guarded(*args: Any, **kwargs: Any) -> None:
        nonlocal dropped
        try:
            await handler(*args, **kwargs)
        except ConnectionError:
            raise
        except Exception:
            dropped += 1
            if dropped & (dropped - 1) == 0:  # the 1st, 2nd, 4th, 8th...: a flood must not fill the disk
                _logger.exception("%s: packet dropped (%d so far)", name, dropped)

    return guarded
