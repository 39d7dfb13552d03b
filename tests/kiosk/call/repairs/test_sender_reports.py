from typing import Any

from aiortc import RTCRtpReceiver
from aiortc.rtp import RtcpSenderInfo, RtcpSrPacket

from kiosk.call.repairs.sender_reports import tell_sender_reports
from tests.kiosk.call.repairs.test_video_receiver import Transport

REPORT = RtcpSrPacket(ssrc=5, sender_info=RtcpSenderInfo(77 << 32, 9000, 1, 1))


class StatedTransport(Transport):
    _stats_id = "transport"


def made() -> Any:
    return RTCRtpReceiver("audio", StatedTransport())  # type: ignore[arg-type]


async def test_each_report_is_told_and_still_reaches_the_library() -> None:
    told: list[tuple[int, int]] = []
    receiver = made()
    tell_sender_reports(receiver, lambda ntp, rtp: told.append((ntp, rtp)))
    await receiver._handle_rtcp_packet(REPORT)
    assert told == [(77 << 32, 9000)]
    assert receiver._RTCRtpReceiver__lsr == {5: 77 << 16}


async def test_the_library_still_forgets_the_rtp_time() -> None:
    """When this fails, aiortc may offer the mapping itself: drop the repair."""
    receiver = made()
    await receiver._handle_rtcp_packet(REPORT)
    assert not any(value == {5: 9000} or value == 9000 for value in vars(receiver).values())
