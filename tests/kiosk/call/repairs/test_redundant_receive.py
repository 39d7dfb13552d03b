"""A true connection that loses a fifth of its packets, over which one library repeats its voice."""

import asyncio
from typing import Any

import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription
from aiortc.rtcdtlstransport import RtpRouter
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
from tests.kiosk.call.receiving.lossy_line import (
    FIRST_NUMBER,
    FIRST_TIMESTAMP,
    SSRC,
    Line,
    encode,
    level_of,
    voice,
)
from tests.kiosk.call.repairs.bad_line import BadLine
from tests.kiosk.call.repairs.test_video_receiver import Transport

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
    BadLine(page, loss=LOSS)
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


class Library:
    """In place of aiortc's receiver: the packets that it is given."""

    def __init__(self) -> None:
        self.transport = self
        self._rtp_router = RtpRouter()
        self.given: list[RtpPacket] = []

    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        self.given.append(packet)


def numbered(number: int, redundancy: Redundancy, payload: bytes) -> RtpPacket:
    timestamp = FIRST_TIMESTAMP + 960 * number & 0xFFFFFFFF
    packed = redundancy.pack(payload, FIRST_TIMESTAMP + 960 * number)
    return RtpPacket(
        payload_type=TYPES.redundant,
        sequence_number=FIRST_NUMBER + number & 0xFFFF,
        timestamp=timestamp,
        ssrc=SSRC,
        payload=packed,
    )


@pytest.mark.parametrize("reorder", [False, True])
@pytest.mark.parametrize("depth", [1, 2])
async def test_golden_packets_over_a_line_with_every_fault(depth: int, reorder: bool) -> None:
    """Each is given as it was sent, with its own number and time, once saved; none stays inside."""
    golden, redundancy, library = encode(voice(12)), Redundancy(TYPES.opus), Library()
    redundancy.depth = depth
    sent = [numbered(number, redundancy, payload) for number, payload in enumerate(golden)]
    saved: list[RtpPacket] = []
    take_redundant(library, TYPES, saved.append)  # type: ignore[arg-type]
    line = Line(loss=0.2, jitter_s=0.06, reorder=reorder, repeat=0.2, cut=(4.0, 6.0))
    arrivals = [number for _, number in line.arrivals(len(golden), 20)]
    for number in arrivals:
        await library._handle_rtp_packet(RtpPacket.parse(sent[number].serialize()), arrival_time_ms=0)
    come = [*library.given, *saved]
    for packet in come:
        number = packet.sequence_number - FIRST_NUMBER & 0xFFFF
        assert (packet.payload_type, packet.payload) == (TYPES.opus, golden[number])
        assert packet.timestamp == FIRST_TIMESTAMP + 960 * number & 0xFFFFFFFF
    assert len(library.given) == len(arrivals)  # what came twice is for the jitter buffer to tell
    assert len({packet.sequence_number for packet in saved}) == len(saved)
    given = {packet.sequence_number - FIRST_NUMBER & 0xFFFF for packet in come}
    assert given == {n - back for n in arrivals for back in range(depth + 1) if n >= back}
    assert len(set(arrivals)) < 0.75 * len(golden)


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
