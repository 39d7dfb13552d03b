"""Two aiortc ends, each with our end of the line: both must hear from each other, packet by packet."""

from typing import Any

import av
import pytest
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCRtpSender,
    VideoStreamTrack,
    rtcrtpsender,
    rtp,
)
from aiortc.codecs import HEADER_EXTENSIONS
from aiortc.codecs.base import Encoder
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters
from aiortc.rtp import HeaderExtensionsMap, RtcpPacket, RtpPacket, is_rtcp
from av.frame import Frame
from av.packet import Packet

from kiosk.call.congestion.feedback_message import Feedback, build
from kiosk.call.congestion.line_end import LineEnd
from kiosk.call.repairs.encoders import set_encoder
from kiosk.call.repairs.loopback import offer_loopback
from kiosk.call.repairs.transport_feedback import (
    URI,
    extension_ids,
    negotiate_transport_feedback,
    silence_remb,
)
from tests.fakes.physician import Tone
from tests.fakes.polling import until
from tests.kiosk.call.repairs.bad_line import BadLine
from tests.kiosk.call.repairs.test_video_receiver import Transport

_SENT = 600  # packets: a second or two of two pictures on a good line


def connection() -> RTCPeerConnection:
    made = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    made.addTransceiver(Tone(), direction="sendrecv")
    made.addTransceiver(VideoStreamTrack(), direction="sendrecv")
    return made


def line_end(made: RTCPeerConnection) -> LineEnd:
    sections = made.getTransceivers()
    transport = sections[0].receiver.transport
    end = LineEnd(transport, [s.sender for s in sections], [s.receiver for s in sections])
    end.attach()
    return end


async def test_both_ends_hear_what_arrived() -> None:
    offer_loopback()
    negotiate_transport_feedback()
    negotiate_transport_feedback()
    page, kiosk = connection(), connection()
    await page.setLocalDescription(await page.createOffer())
    assert page.localDescription.sdp.count(URI) == 2
    await kiosk.setRemoteDescription(page.localDescription)
    ends = [line_end(kiosk)]
    await kiosk.setLocalDescription(await kiosk.createAnswer())
    assert "transport-cc" in kiosk.localDescription.sdp.split("m=video")[0]
    await page.setRemoteDescription(kiosk.localDescription)
    ends.append(line_end(page))
    try:
        for end in ends:
            await until(lambda: all(end.controller._line.has_acks for end in ends))
            assert extension_ids(end._transport)[0] is not None
            assert end.controller.loss == 0
            assert end.controller.rtt_s is not None
        receivers = kiosk.getReceivers()
        assert all(vars(r)["_RTCRtpReceiver__remote_bitrate_estimator"] is None for r in receivers)
    finally:
        for end in ends:
            await end.close()
        await page.close()
        await kiosk.close()


async def test_on_a_bad_line_each_end_learns_of_its_own_way() -> None:
    """A fifth of what the page sends is lost; what comes late, twice or out of order is not."""
    offer_loopback()
    negotiate_transport_feedback()
    page, kiosk = connection(), connection()
    await page.setLocalDescription(await page.createOffer())
    await kiosk.setRemoteDescription(page.localDescription)
    ends = [line_end(kiosk)]
    await kiosk.setLocalDescription(await kiosk.createAnswer())
    await page.setRemoteDescription(kiosk.localDescription)
    ends.insert(0, line_end(page))
    bad = BadLine(page, loss=0.2, delay_ms=20, jitter_ms=10, reorder=0.1, duplicate=0.1)
    BadLine(kiosk, delay_ms=20, jitter_ms=10, reorder=0.1, duplicate=0.1)
    try:
        await until(lambda: bad.lost > 40)
        await until(lambda: 0.1 < ends[0].controller.loss < 0.3)
        assert ends[1].controller.loss < 0.05
        for end in ends:
            assert end.controller.rtt_s is not None
            assert 0.03 < end.controller.rtt_s < 0.5
    finally:
        for end in ends:
            await end.close()
        await page.close()
        await kiosk.close()


def test_the_library_still_takes_feedback_for_something_else() -> None:
    """When this fails, aiortc understands the message: let it pass to its own control of congestion."""
    message = build(Feedback(1, 2, 100, 5, (256, 257, 258, 300)))
    try:
        packets = RtcpPacket.parse(message)
    except ValueError:
        return
    assert not hasattr(packets[0], "arrivals")
    assert vars(packets[0])["lost"]


def test_the_library_still_offers_no_number() -> None:
    """When this fails, aiortc negotiates it itself: drop the repair."""
    own = [e for kind in HEADER_EXTENSIONS.values() for e in kind if e.uri == URI and e.id != 4]
    assert own == []
    known = HeaderExtensionsMap()
    assert known.get(0xBEDE, b"\x31\x00\x01\x00").transport_sequence_number is None
    assert RTCRtpHeaderExtensionParameters(4, URI).id == 4


class Film(MediaStreamTrack):
    """Pictures as fast as they are asked for."""

    kind = "video"

    async def recv(self) -> av.VideoFrame:
        return av.VideoFrame(64, 64, "yuv420p")


class Heavy(Encoder):
    """Twenty packets a picture; after `_SENT` of them nothing more."""

    def __init__(self) -> None:
        self._made = 0

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        self._made += 20
        return ([bytes(8)] * 20 if self._made <= _SENT else []), self._made

    def pack(self, packet: "Packet[Any]") -> tuple[list[bytes], int]:
        raise NotImplementedError


async def sent_again(back: int) -> bool:
    """Whether a packet is still there to be sent again when so many have followed it."""
    offer_loopback()
    configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
    page, kiosk = RTCPeerConnection(configuration), RTCPeerConnection(configuration)
    sender = kiosk.addTrack(Film())
    set_encoder(sender, Heavy())
    left = _leaving(sender)
    await kiosk.setLocalDescription(await kiosk.createOffer())
    await page.setRemoteDescription(kiosk.localDescription)
    await page.setLocalDescription(await page.createAnswer())
    await kiosk.setRemoteDescription(page.localDescription)
    try:
        await until(lambda: len(left) == _SENT)
        await sender._retransmit(left[-1 - back].sequence_number)
        return len(left) > _SENT
    finally:
        await kiosk.close()
        await page.close()


def _leaving(sender: RTCRtpSender) -> list[RtpPacket]:
    packets: list[RtpPacket] = []
    stock = sender.transport._send_rtp

    async def noted(data: bytes) -> None:
        if not is_rtcp(data):
            packets.append(RtpPacket.parse(data))
        await stock(data)

    sender.transport._send_rtp = noted  # type: ignore[method-assign]
    return packets


async def test_what_was_lost_a_while_ago_can_still_be_sent_again() -> None:
    negotiate_transport_feedback()
    assert await sent_again(back=500)


async def test_the_library_still_keeps_less_than_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """When this fails, aiortc keeps more, or by time: drop the longer history from the repair."""
    monkeypatch.setattr(rtcrtpsender, "RTP_HISTORY_SIZE", rtp.RTP_HISTORY_SIZE)
    assert await sent_again(back=100)
    assert not await sent_again(back=200)


async def test_the_library_still_estimates_by_itself() -> None:
    """When this fails, aiortc sends no REMB of its own: drop `silence_remb`."""
    receiver = RTCRtpReceiver("video", Transport())  # type: ignore[arg-type]
    estimator = "_RTCRtpReceiver__remote_bitrate_estimator"
    assert vars(receiver)[estimator] is not None
    silence_remb(receiver)
    assert vars(receiver)[estimator] is None


def test_another_library_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AttributeError, match="__remote_bitrate_estimator"):
        silence_remb(object())  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match="_rtp_header_extensions_map"):
        extension_ids(object())  # type: ignore[arg-type]
    monkeypatch.delattr(rtcrtpsender, "RTP_HISTORY_SIZE")
    with pytest.raises(AttributeError, match="RTP_HISTORY_SIZE"):
        negotiate_transport_feedback()
