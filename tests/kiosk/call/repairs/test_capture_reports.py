"""Two real connections: what the receiver learns of the sender's clock."""

import asyncio
import time

import av
import numpy as np
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCRtpSender
from aiortc.rtp import RtcpPacket, RtcpSrPacket, RtpPacket, is_rtcp

from drivers.frames import FrameSlot, VideoFrame
from kiosk.call.repairs.capture_reports import report_capture_times
from kiosk.call.repairs.loopback import offer_loopback
from kiosk.call.switch import Switch
from kiosk.call.tracks import VIDEO_CLOCK_HZ, VideoTrack
from tests.fakes.polling import until

CAPTURED_AGO_S = 0.4  # a slow camera, encoder or pacer, taken together
_NTP_SECOND = 1 << 32


def late_picture(sequence: int) -> VideoFrame:
    i420 = np.full((96, 64), 128, dtype=np.uint8)
    return VideoFrame(i420, 64, 64, time.monotonic() - CAPTURED_AGO_S, sequence)


async def film(slot: FrameSlot) -> None:
    for sequence in range(10_000):
        slot.put(late_picture(sequence))
        await asyncio.sleep(0.05)


async def consume(track: MediaStreamTrack) -> None:
    while True:
        assert isinstance(await track.recv(), av.VideoFrame)


async def reported_delay_s(repaired: bool) -> float:
    """How much later than captured the receiver believes a picture was, from reports and packets."""
    offer_loopback()
    kiosk, page, slot = RTCPeerConnection(), RTCPeerConnection(), FrameSlot()
    track = VideoTrack(slot, Switch(True), 30.0, origin_s=time.monotonic() - 1)
    sender = kiosk.addTransceiver(track, direction="sendonly").sender
    if repaired:
        report_capture_times(sender, track.pts_at)
    await kiosk.setLocalDescription(await kiosk.createOffer())
    await page.setRemoteDescription(kiosk.localDescription)
    await page.setLocalDescription(await page.createAnswer())
    reports, packets = tap(sender)
    filming = asyncio.create_task(film(slot))
    await kiosk.setRemoteDescription(page.localDescription)
    try:
        await until(lambda: bool(reports and packets and reports[-1].sender_info.ntp_timestamp))
        await until(lambda: len(reports) >= 2)
        return believed_delay_s(reports[-1], *packets[-1])
    finally:
        filming.cancel()
        await kiosk.close()
        await page.close()


def tap(sender: RTCRtpSender) -> tuple[list[RtcpSrPacket], list[tuple[RtpPacket, float]]]:
    """What leaves towards the receiver, in the clear; packets with the `time.time()` at which they left."""
    reports: list[RtcpSrPacket] = []
    packets: list[tuple[RtpPacket, float]] = []
    stock = sender.transport._send_rtp

    async def tapped(data: bytes) -> None:
        if is_rtcp(data):
            reports.extend(p for p in RtcpPacket.parse(data) if isinstance(p, RtcpSrPacket))
        else:
            packets.append((RtpPacket.parse(data), time.time()))
        await stock(data)

    sender.transport._send_rtp = tapped  # type: ignore[method-assign]
    return reports, packets


def believed_delay_s(report: RtcpSrPacket, packet: RtpPacket, left_s: float) -> float:
    """RFC 3550 section 6.4.1: the report's two times are of one instant; the packet's follows from it."""
    info = report.sender_info
    reported_s = info.ntp_timestamp / _NTP_SECOND - 2_208_988_800
    since = (packet.timestamp - info.rtp_timestamp + (1 << 31)) % (1 << 32) - (1 << 31)
    return left_s - (reported_s + since / VIDEO_CLOCK_HZ)


async def test_the_receiver_learns_when_a_picture_was_captured() -> None:
    assert abs(await reported_delay_s(repaired=True) - CAPTURED_AGO_S) < 0.15


async def test_the_library_still_reports_when_it_left() -> None:
    """When this fails, aiortc's reports follow the capture: see whether the repair is still needed."""
    assert await reported_delay_s(repaired=False) < CAPTURED_AGO_S / 2
