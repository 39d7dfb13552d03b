"""aiortc repeats data that has arrived, again and again: a narrow line drowned in it, readings came late.

RFC 9260 sections 6.3.3 (the timer), 7.2.4 (gaps) and 7.2.1 (how much may be on its way).
"""

from collections.abc import Awaitable, Callable
from typing import Any

import aiortc.rtcsctptransport as stock
from aiortc import RTCSctpTransport
from aiortc.rtcsctptransport import SackChunk

_EXPIRED, _SACKED, _TRANSMIT = "_t3_expired", "_receive_sack_chunk", "_transmit"
_FLIGHT_MAX = "_telecabine_flight_max_bytes"
ACK_DELAY_S = 0.2  # 6.2: an acknowledgement may be held back so long
_PATIENCE = 1.5
_NEVER = -(10**9)  # of a count that acts at 3

_expired: Callable[[RTCSctpTransport], None]
_sacked: Callable[[RTCSctpTransport, SackChunk], Awaitable[None]]
_transmit: Callable[[RTCSctpTransport], Awaitable[None]]


def spare_repeats() -> None:
    """From now on, for every association of this process. Call it before a connection is made."""
    global _expired, _sacked, _transmit
    for name in (_EXPIRED, _SACKED, _TRANSMIT):
        if not hasattr(RTCSctpTransport, name):
            raise AttributeError(f"this aiortc has no {name}: look for how it repeats data now")
    if getattr(RTCSctpTransport, _TRANSMIT) is _within_limit:
        return
    library: Any = RTCSctpTransport
    _expired, _sacked, _transmit = library._t3_expired, library._receive_sack_chunk, library._transmit
    library._t3_expired, library._receive_sack_chunk = _repeat_the_missing, _strike_once
    library._transmit = _within_limit


def limit_flight(sctp: RTCSctpTransport, flight_max_bytes: int, answer_s: float | None = None) -> None:
    """From now on so much may be on its way at once, and one message in any case.

    In place of SCTP's own window, which knows nothing of the line but lost data: it never shrinks below 4640
    bytes for long, a second of a narrow line, and stays there on a wide one that loses packets.

    `answer_s`: how long an answer takes now; None while none comes. SCTP itself learns it only from what was
    never repeated (6.3.1 C5): on a bad line it waits for seconds, or not at all.
    """
    setattr(sctp, _FLIGHT_MAX, flight_max_bytes)
    if answer_s is not None:
        sctp._rto = min(stock.SCTP_RTO_MAX, max(stock.SCTP_RTO_MIN, _PATIENCE * answer_s + ACK_DELAY_S))


def _repeat_the_missing(sctp: RTCSctpTransport) -> None:
    """What has arrived behind a gap is not outstanding (6.3.3 E3): aiortc would send it all again."""
    _expired(sctp)
    for chunk in sctp._sent_queue:
        chunk._retransmit = chunk._retransmit and not chunk._acked


async def _strike_once(sctp: RTCSctpTransport, sack: SackChunk) -> None:
    """By gaps a message is repeated once (7.2.4 point 3), then by the timer: aiortc has no such limit."""
    for chunk in sctp._sent_queue:
        if chunk._sent_count > 1:
            chunk._misses = _NEVER
    await _sacked(sctp, sack)


async def _within_limit(sctp: RTCSctpTransport) -> None:
    sctp._cwnd = getattr(sctp, _FLIGHT_MAX, sctp._cwnd)
    await _transmit(sctp)
