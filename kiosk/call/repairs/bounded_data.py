"""aiortc keeps the pieces of a message that never ends, without end, and looks through all of them each time.

What does not fit is not acknowledged (RFC 9260 section 6.2): who sends it, sends it again, or is stuck.
"""

from collections.abc import Awaitable, Callable

from aiortc import RTCSctpTransport
from aiortc.rtcsctptransport import DataChunk
from aiortc.utils import uint32_add

_HANDLER = "_receive_data_chunk"
_PIECES = 1024  # of one stream: a megabyte as browsers send it, and all that a page says in a minute
_STREAMS = 512  # a page opens three


def bound_data(sctp: RTCSctpTransport) -> None:
    """For one association, before it stands. Raises AttributeError in another aiortc."""
    if not hasattr(sctp, _HANDLER):
        raise AttributeError(f"this aiortc has no {_HANDLER}: see how it puts messages together")
    stock: Callable[[DataChunk], Awaitable[None]] = getattr(sctp, _HANDLER)

    async def receive(chunk: DataChunk) -> None:
        if _has_room(sctp, chunk):
            await stock(chunk)

    setattr(sctp, _HANDLER, receive)


def _has_room(sctp: RTCSctpTransport, chunk: DataChunk) -> bool:
    stream = sctp._inbound_streams.get(chunk.stream_id)
    if stream is None and len(sctp._inbound_streams) >= _STREAMS:
        return False
    if stream is not None and len(stream.reassembly) >= _PIECES:
        return False
    return len(chunk.user_data) <= sctp._advertised_rwnd and _is_near(sctp, chunk)


def _is_near(sctp: RTCSctpTransport, chunk: DataChunk) -> bool:
    """What comes after a hole waits for it; how much may wait has an end too."""
    if len(sctp._sack_misordered) < _PIECES or sctp._last_received_tsn is None:
        return True
    return bool(chunk.tsn == uint32_add(sctp._last_received_tsn, 1))
