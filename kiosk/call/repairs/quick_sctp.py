"""aiortc waits a second or more (RFC 9260, 16) for each lost data message, and three for a lost beginning."""

import aiortc.rtcsctptransport as stock

# RFC 9260, 6.3.1 lets the sender choose; WebRTC's own dcSCTP begins with 0.5 s and 0.4 s.
RTO_MIN_S = 0.3  # more than the 200 ms for which the other side may hold back its acknowledgement
RTO_INITIAL_S = 0.6
RTO_MAX_S = 2.0  # after a cut, nobody waits longer than this for the first word
INIT_RETRANSMISSIONS = 100  # a line that is cut while the association begins: the watchdog decides, not this

_CONSTANTS = {
    "SCTP_RTO_MIN": RTO_MIN_S,
    "SCTP_RTO_INITIAL": RTO_INITIAL_S,
    "SCTP_RTO_MAX": RTO_MAX_S,
    "SCTP_MAX_INIT_RETRANS": INIT_RETRANSMISSIONS,
}


def quicken_sctp() -> None:
    """From now on, for every association of this process. Call it before a connection is made."""
    for name, value in _CONSTANTS.items():
        if not hasattr(stock, name):
            raise AttributeError(f"this aiortc has no {name}: look for its own way to set SCTP timers")
        setattr(stock, name, value)
