"""RTCP made by aiortc, read by us."""

from typing import Any

from aiortc import rtp
from hypothesis import given
from hypothesis import strategies as st

from kiosk.call.congestion import rtcp
from kiosk.call.congestion.controller import Controller
from kiosk.call.congestion.reports import Reports

NTP = 0x1234567890ABCDEF
LSR = 0x567890AB


def block(highest: int, fraction: int) -> rtp.RtcpReceiverInfo:
    return rtp.RtcpReceiverInfo(11, fraction, 3, highest, 0, LSR, 65536 // 2)


def sender_report() -> bytes:
    return bytes(rtp.RtcpSrPacket(11, rtp.RtcpSenderInfo(NTP, 0, 0, 0)))


def test_round_trip_and_loss() -> None:
    controller = Controller()
    reports = Reports(controller)
    for packet in rtcp.split(sender_report()):
        reports.sent(packet, 100.0)
    reports.received(rtcp.split(bytes(rtp.RtcpRrPacket(5, [block(1000, 0)]))), 100.58)
    reports.received(rtcp.split(bytes(rtp.RtcpRrPacket(5, [block(1100, 64)]))), 100.58)
    assert controller.rtt_s is not None
    assert abs(controller.rtt_s - 0.08) < 0.001
    assert 0.2 < controller.loss <= 0.25


def test_estimates_of_several_receivers_add_up() -> None:
    asked: list[float] = []
    controller: Any = Controller()
    reports = Reports(controller)
    controller.on_remb = lambda rate_bps, now_s: asked.append(rate_bps)
    for ssrcs in ([1, 2], [3]):
        packet = rtp.RtcpPsfbPacket(15, 9, 0, rtp.pack_remb_fci(200_000, ssrcs))
        reports.received(rtcp.split(bytes(packet)), 1.0)
    assert asked == [260_000, 460_000]


def test_a_compound_is_cut_as_it_was_made() -> None:
    parts = [sender_report(), bytes(rtp.RtcpRrPacket(5, [block(1, 0)])), bytes(rtp.RtcpPsfbPacket(1, 5, 11))]
    packets = rtcp.split(b"".join(parts))
    assert [packet.data for packet in packets] == parts
    assert [(packet.kind, packet.form) for packet in packets] == [(200, 0), (201, 1), (206, 1)]


@given(st.binary(max_size=80))
def test_garbage_says_nothing_and_raises_nothing(data: bytes) -> None:
    reports = Reports(Controller())
    framed = bytes([0x8F, 206]) + (len(data) // 4).to_bytes(2, "big") + data
    for compound in (data, framed, b"\x9f\xc9" + data):
        packets = rtcp.split(compound)
        reports.received(packets, 1.0)
        for packet in packets:
            reports.sent(packet, 1.0)
