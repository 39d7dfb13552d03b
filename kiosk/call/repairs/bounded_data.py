"""aiortc keeps the pieces of a message that never ends, without end, and looks through all of them each time.

What does not fit is not acknowledged (RFC 9260 section 6.2): who sends it, sends it again, or is stuck.
"""

from collections.abc import Awaitable, Callable

from aiortc import RTCSctpTransport
from aiortc.rtcsctptransport import DataChunk

_HANDLER = "_receive_data_chunk"
_MOST = 1024  # pieces of one stream: a megabyte as browsers send it, and all that a page says in a minute


def bound_data(sctp: RTCSctpTransport) -> None:
    """For one association, before it stands. Raises AttributeError in another aiortc."""
    if not hasattr(sctp, _HANDLER):
        raise AttributeError(f"this aiortc has no {_HANDLER}: see how it puts messages together")
    stock: Callable[[DataChunk], Awaitable[None]] = getattr(sctp, _HANDLER)

    async def receive(chunk: DataChunk) -> None:
        waiting = sctp._get_inbound_stream(chunk.stream_id).reassembly
        if len(waiting) < _MOST and len(chunk.user_data) <= sctp._advertised_rwnd:
            await stock(chunk)

    setattr(sctp, _HANDLER, receive)
