"""aiortc waits a second or more (RFC 9260, 16) for each lost data message, and three for a lost beginning."""

import aiortc.rtcsctptransport as stock
from aiortc import RTCSctpTransport

# RFC 9260, 6.3.1 lets the sender choose; WebRTC's own dcSCTP begins with 0.5 s and 0.4 s.
RTO_MIN_S = 0.3  # more than the 200 ms for which the other side may hold back its acknowledgement
RTO_INITIAL_S = 0.6
RTO_MAX_S = 2.0  # after a cut, nobody waits longer than this for the first word
INIT_RETRANSMISSIONS = 100  # a line that is cut while the association begins: the watchdog decides, not this

_EXPIRED, _STOCK = "_t3_expired", "_t3_expired_without_doubling"
_CONSTANTS = {
    "SCTP_RTO_MIN": RTO_MIN_S,
    "SCTP_RTO_INITIAL": RTO_INITIAL_S,
    "SCTP_RTO_MAX": RTO_MAX_S,
    "SCTP_MAX_INIT_RETRANS": INIT_RETRANSMISSIONS,
}


def quicken_sctp() -> None:
    """From now on, for every association of this process. Call it before a connection is made.

    With a short timer it must double when nothing is answered (RFC 9260, 6.3.3 E2), which aiortc leaves out:
    a queue that suddenly stands before the line would be filled with repetitions.
    """
    for name, value in _CONSTANTS.items():
        if not hasattr(stock, name):
            raise AttributeError(f"this aiortc has no {name}: look for its own way to set SCTP timers")
        setattr(stock, name, value)
    if not hasattr(RTCSctpTransport, _EXPIRED):
        raise AttributeError(f"this aiortc has no {_EXPIRED}: look for how it repeats data now")
    if not hasattr(RTCSctpTransport, _STOCK):
        setattr(RTCSctpTransport, _STOCK, getattr(RTCSctpTransport, _EXPIRED))
        setattr(RTCSctpTransport, _EXPIRED, _expired)


def repeat_now(sctp: RTCSctpTransport) -> None:
    """The line is back: do not wait for the timer of a message that was sent into the cut."""
    sctp._rto = RTO_INITIAL_S
    if sctp._t3_handle is not None:
        sctp._t3_cancel()
        getattr(sctp, _STOCK)()


def _expired(sctp: RTCSctpTransport) -> None:
    sctp._rto = min(2 * sctp._rto, RTO_MAX_S)
    getattr(sctp, _STOCK)()
