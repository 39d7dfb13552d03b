"""aiortc keeps an account of every SSRC it hears, without end; a receiver report holds only 31 of them.

With the 32nd its reports become unreadable (RFC 3550 section 6.4.2).
"""

from collections.abc import Awaitable, Callable
from typing import Any

from aiortc import RTCDtlsTransport

_HANDLER = "_handle_rtp_data"
_MOST = 16  # a page sends two streams and their resends


def limit_sources(transport: RTCDtlsTransport) -> None:
    """Only the first few SSRCs of this connection are heard. Raises AttributeError in another aiortc."""
    if not hasattr(transport, _HANDLER):
        raise AttributeError(f"this aiortc has no {_HANDLER}: see how it counts what it hears")
    stock: Callable[..., Awaitable[None]] = getattr(transport, _HANDLER)
    known: set[bytes] = set()

    async def handle(data: bytes, *args: Any, **kwargs: Any) -> None:
        ssrc = data[8:12]
        if ssrc not in known:
            if len(known) >= _MOST or len(ssrc) < 4:
                return
            known.add(ssrc)
        await stock(data, *args, **kwargs)

    setattr(transport, _HANDLER, handle)
