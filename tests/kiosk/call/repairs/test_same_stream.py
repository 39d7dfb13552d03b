import re

import pytest
from aiortc import RTCPeerConnection, RTCRtpTransceiver

from kiosk.call.repairs.same_stream import share_stream


async def streams(repaired: bool) -> list[str]:
    """The stream of voice, face, otoscope and stethoscope, as the description names them."""
    kiosk = RTCPeerConnection()
    voice, face, otoscope, stethoscope = (
        kiosk.addTransceiver(kind, direction="sendonly") for kind in ("audio", "video", "video", "audio")
    )
    if repaired:
        _repair(voice, face, otoscope, stethoscope)
    offer = await kiosk.createOffer()
    await kiosk.close()
    return re.findall(r"^a=msid:(\S+) ", offer.sdp, re.MULTILINE)


def _repair(
    voice: RTCRtpTransceiver,
    face: RTCRtpTransceiver,
    otoscope: RTCRtpTransceiver,
    stethoscope: RTCRtpTransceiver,
) -> None:
    share_stream(voice.sender, face.sender)
    share_stream(otoscope.sender)
    share_stream(stethoscope.sender)


async def test_voice_and_face_share_a_stream_with_nobody_else() -> None:
    voice, face, otoscope, stethoscope = await streams(repaired=True)
    assert voice == face
    assert len({voice, otoscope, stethoscope}) == 3


async def test_the_library_still_has_one_stream_for_all() -> None:
    """When this fails, aiortc lets us name the streams: drop the repair."""
    assert len(set(await streams(repaired=False))) == 1


def test_an_unknown_sender_is_told() -> None:
    with pytest.raises(AttributeError, match="_stream_id"):
        share_stream(object())  # type: ignore[arg-type]
