"""How long a lost data message waits."""

import inspect

import pytest
from aiortc import RTCPeerConnection, RTCSctpTransport
from aiortc import rtcsctptransport as stock

from kiosk.call.repairs.quick_sctp import RTO_INITIAL_S, RTO_MAX_S, RTO_MIN_S, quicken_sctp, repeat_now


async def association() -> RTCSctpTransport:
    connection = RTCPeerConnection()
    connection.createDataChannel("live")
    assert connection.sctp is not None
    await connection.close()
    return connection.sctp


async def test_a_lost_message_does_not_wait_a_second() -> None:
    quicken_sctp()
    sctp = await association()
    assert sctp._rto == RTO_INITIAL_S
    for _ in range(20):
        sctp._update_rto(0.05)
    assert sctp._rto == RTO_MIN_S
    for _ in range(20):
        sctp._update_rto(30.0)
    assert sctp._rto == RTO_MAX_S


async def test_a_library_that_has_changed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(stock, "SCTP_RTO_MIN")
    with pytest.raises(AttributeError, match="SCTP_RTO_MIN"):
        quicken_sctp()


def test_aiortc_is_as_slow_as_ever() -> None:
    """When this fails: its own bounds are short, or can be set; the repair is needless."""
    source = inspect.getsource(stock)
    assert "\nSCTP_RTO_MIN = 1\n" in source
    assert "\nSCTP_RTO_INITIAL = 3.0\n" in source
    assert not [name for name in inspect.signature(RTCSctpTransport).parameters if "rto" in name.lower()]


async def test_the_wait_doubles_while_nothing_is_answered() -> None:
    quicken_sctp()
    quicken_sctp()  # may be called again
    sctp = await association()
    waits_s = []
    for _ in range(4):
        sctp._t3_expired()
        waits_s.append(sctp._rto)
    assert waits_s == [2 * RTO_INITIAL_S, RTO_MAX_S, RTO_MAX_S, RTO_MAX_S]


async def test_after_a_cut_nothing_waits_for_a_long_timer() -> None:
    quicken_sctp()
    sctp = await association()
    sctp._rto = RTO_MAX_S
    sctp._t3_start()
    repeat_now(sctp)
    assert sctp._rto == RTO_INITIAL_S
    assert sctp._t3_handle is None  # started anew by what is sent now


def test_aiortc_does_not_double_by_itself() -> None:
    """When this fails, its timer backs off: ours is needless."""
    quicken_sctp()
    assert "_rto" not in inspect.getsource(RTCSctpTransport._t3_expired_without_doubling)  # type: ignore[attr-defined]
