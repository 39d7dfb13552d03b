"""Two aiortc ends, each with our end of the line: both must hear from each other, packet by packet."""

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, VideoStreamTrack
from aiortc.codecs import HEADER_EXTENSIONS
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters
from aiortc.rtp import HeaderExtensionsMap, RtcpPacket

from kiosk.call.congestion.feedback_message import Feedback, build
from kiosk.call.congestion.line_end import LineEnd
from kiosk.call.repairs.loopback import offer_loopback
from kiosk.call.repairs.transport_feedback import URI, extension_ids, negotiate_transport_feedback
from tests.fakes.physician import Tone
from tests.fakes.polling import until


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
