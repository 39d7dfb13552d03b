from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from kiosk.call.repairs.spread_candidates import spread_candidates
from tests.fakes.physician import candidates_first


async def offer() -> str:
    """As a browser writes it: three bundled sections, candidates in the first."""
    page = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    page.addTransceiver("audio")
    page.addTransceiver("video")
    page.createDataChannel("live")
    await page.setLocalDescription(await page.createOffer())
    sdp = candidates_first(page.localDescription.sdp)
    await page.close()
    return sdp


async def candidates_known(sdp: str) -> int:
    kiosk = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    await kiosk.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
    transport = kiosk.getTransceivers()[0].receiver.transport.transport
    known = len(transport.getRemoteCandidates())
    await kiosk.close()
    return known


async def test_candidates_of_the_first_section_are_known() -> None:
    sdp = await offer()
    listed = sdp.count("a=candidate:")
    assert listed > 0
    assert await candidates_known(spread_candidates(sdp)) == listed
    assert spread_candidates(spread_candidates(sdp)) == spread_candidates(sdp)


async def test_the_library_still_loses_them() -> None:
    """When this fails, aiortc reads the candidates of a bundle's first section: drop the repair."""
    assert await candidates_known(await offer()) == 0
