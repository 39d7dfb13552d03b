"""A true connection of two peers, one of which loses a tenth of its packets."""

import asyncio
import random
from typing import Any

import numpy as np
import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCRtpReceiver
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtp import RtpPacket

from kiosk.call.repairs.loopback import offer_loopback
from kiosk.call.repairs.voice_receiver import receive_voice
from tests.fakes.call_bench import Loudspeaker
from tests.fakes.physician import Tone
from tests.fakes.polling import until
from tests.kiosk.call.receiving.lossy_line import level_of
from tests.kiosk.call.repairs.test_video_receiver import Transport


async def test_a_tenth_of_the_packets_lost_and_no_sound_missing() -> None:
    offer_loopback()
    configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
    page, kiosk = RTCPeerConnection(configuration), RTCPeerConnection(configuration)
    tone, loudspeaker = Tone(), Loudspeaker()
    page.addTrack(tone)
    await page.setLocalDescription(await page.createOffer())
    await kiosk.setRemoteDescription(page.localDescription)
    voice = receive_voice(kiosk.getTransceivers()[0].receiver, loudspeaker)
    playing = asyncio.create_task(voice.run())
    await kiosk.setLocalDescription(await kiosk.createAnswer())
    await page.setRemoteDescription(kiosk.localDescription)
    lossy(page, 0.1)
    try:
        await until(lambda: voice.figures.played_s > 2.5)
        await until(lambda: voice.lips.voice.captured_s(0) is not None)
        await _garbage(page)
        await until(lambda: voice.figures.played_s > 3)
        sound = loudspeaker.sound()
        figures = voice.figures
        streams: Any = vars(kiosk.getTransceivers()[0].receiver)["_RTCRtpReceiver__remote_streams"]
    finally:
        await page.close()
        await kiosk.close()
        await playing
        tone.stop()
    assert figures.lost_packets > 3
    assert figures.last_packet_s is not None
    assert level_of(sound[48_000:120_000], 440) > 0.9
    assert np.mean(np.abs(sound[48_000:120_000].reshape(-1, 480)).max(axis=1) < 100) < 0.05
    assert max(stream.packets_received for stream in streams.values()) > 100  # for receiver reports


def lossy(peer: RTCPeerConnection, loss: float) -> None:
    """Media packets alone: the handshake is not what is tested."""
    transport: Any = peer.getTransceivers()[0].sender.transport.transport
    send, chance = transport._send, random.Random(1)

    async def lossy(data: bytes) -> None:
        if not (127 < data[0] < 192 and chance.random() < loss):
            await send(data)

    transport._send = lossy


async def _garbage(peer: RTCPeerConnection) -> None:
    """Genuinely encrypted nonsense: headers that lie, zeros, reports cut short."""
    transport = peer.getTransceivers()[0].sender.transport
    for data in (
        RtpPacket(payload_type=96, sequence_number=9, timestamp=1, ssrc=99, payload=bytes(1100)).serialize(),
        RtpPacket(payload_type=96, sequence_number=60_000, ssrc=99, payload=b"\x03\xff").serialize(),
        b"\x80\x60" + bytes(10),
    ):
        await transport._send_rtp(data)


async def test_another_library_is_noticed() -> None:
    receiver: Any = RTCRtpReceiver("audio", Transport())  # type: ignore[arg-type]
    del receiver._RTCRtpReceiver__jitter_buffer
    with pytest.raises(AttributeError, match="jitter_buffer"):
        receive_voice(receiver, Loudspeaker())


def test_the_library_still_stops_at_a_lost_packet() -> None:
    """When this fails, aiortc goes on without lost sound: see whether the repair is still needed."""
    buffer, released = JitterBuffer(capacity=16, prefetch=4), 0
    for number in [0, 1, 2, *range(4, 14)]:
        made = RtpPacket(sequence_number=number, timestamp=number * 960)
        made._data = b"x"  # type: ignore[attr-defined]
        released += buffer.add(made)[1] is not None
    assert released == 0
