"""A true connection that loses a fifth of its packets, over which one library repeats its voice."""

import asyncio
from typing import Any

import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc.rtp import RtpPacket

from kiosk.call.encoding.redundant import Redundancy, RedundantVoice
from kiosk.call.encoding.voice import VoiceEncoder
from kiosk.call.repairs.encoders import set_encoder
from kiosk.call.repairs.loopback import offer_loopback
from kiosk.call.repairs.redundant_receive import take_redundant
from kiosk.call.repairs.voice_receiver import receive_voice
from kiosk.call.sdp import VoiceTypes
from tests.fakes.call_bench import Loudspeaker
from tests.fakes.physician import Tone
from tests.fakes.polling import until
from tests.kiosk.call.receiving.lossy_line import level_of
from tests.kiosk.call.repairs.test_video_receiver import Transport
from tests.kiosk.call.repairs.test_voice_receiver import lossy

TYPES = VoiceTypes(opus=96, redundant=63)
LOSS = 0.2


async def test_what_one_loss_takes_the_next_packet_brings_back() -> None:
    offer_loopback()
    configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
    page, kiosk = RTCPeerConnection(configuration), RTCPeerConnection(configuration)
    tone, loudspeaker = Tone(), Loudspeaker()
    sender = page.addTrack(tone)
    await page.setLocalDescription(await page.createOffer())
    await kiosk.setRemoteDescription(page.localDescription)
    receiver = kiosk.getTransceivers()[0].receiver
    voice, saved = receive_voice(receiver, loudspeaker), list[RtpPacket]()

    def missed(packet: RtpPacket) -> None:
        saved.append(packet)
        voice.put(packet)

    take_redundant(receiver, TYPES, missed)
    playing = asyncio.create_task(voice.run())
    await kiosk.setLocalDescription(await kiosk.createAnswer())
    _repeat_voice(sender)
    await page.setRemoteDescription(kiosk.localDescription)
    lossy(page, LOSS)
    try:
        await until(lambda: voice.figures.played_s > 4)
        sound, figures = loudspeaker.sound(), voice.figures
    finally:
        await page.close()
        await kiosk.close()
        await playing
        tone.stop()
    assert len(saved) > 15
    assert figures.lost_packets < len(saved) / 2  # a fifth of them: the packet before was lost as well
    assert figures.plc_s < 0.5 * LOSS * figures.played_s
    assert level_of(sound[96_000:168_000], 440) > 0.9


def _repeat_voice(sender: Any) -> None:
    redundancy = Redundancy(TYPES.opus)
    redundancy.depth = 1
    set_encoder(sender, RedundantVoice(VoiceEncoder(), redundancy))
    transport = sender.transport
    send = transport._send_rtp

    async def retyped(data: bytes) -> None:
        is_voice = data[1] & 0x7F == TYPES.opus
        await send(bytes([data[0], data[1] & 0x80 | TYPES.redundant]) + data[2:] if is_voice else data)

    transport._send_rtp = retyped


async def test_the_library_still_takes_no_redundant_voice() -> None:
    """When this fails, aiortc knows RFC 2198: drop the repair if it also fills gaps."""
    configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
    page, kiosk = RTCPeerConnection(configuration), RTCPeerConnection(configuration)
    page.addTransceiver("audio")
    await page.setLocalDescription(await page.createOffer())
    await kiosk.setRemoteDescription(RTCSessionDescription(_offering_red(page.localDescription.sdp), "offer"))
    answer = await kiosk.createAnswer()
    await page.close()
    await kiosk.close()
    assert "opus/48000/2" in answer.sdp
    assert "red/48000" not in answer.sdp


def _offering_red(sdp: str) -> str:
    """As a browser offers it, before everything else."""
    lines = (
        f"a=rtpmap:{TYPES.redundant} red/48000/2\r\na=fmtp:{TYPES.redundant} {TYPES.opus}/{TYPES.opus}\r\n"
    )
    head = sdp.replace("UDP/TLS/RTP/SAVPF ", f"UDP/TLS/RTP/SAVPF {TYPES.redundant} ")
    return head.replace(f"a=rtpmap:{TYPES.opus} ", f"{lines}a=rtpmap:{TYPES.opus} ", 1)


async def test_another_library_is_noticed() -> None:
    receiver = RTCRtpReceiver("audio", Transport())  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match="_rtp_router"):
        take_redundant(receiver, TYPES, lambda packet: None)
