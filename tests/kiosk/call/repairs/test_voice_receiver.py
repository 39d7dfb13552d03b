"""A true connection of two peers, one of which loses a tenth of its packets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import numpy as np
import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCRtpReceiver
from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtp import RtpPacket

from kiosk.call.repairs.loopback import offer_loopback
from kiosk.call.repairs.voice_receiver import VoiceReceiver, receive_voice
from tests.fakes.call_bench import Loudspeaker
from tests.fakes.physician import Tone
from tests.fakes.polling import until
from tests.kiosk.call.receiving.lossy_line import level_of
from tests.kiosk.call.repairs.bad_line import BadLine
from tests.kiosk.call.repairs.test_video_receiver import Transport


class Heard(NamedTuple):
    """A page that sends a tone, the kiosk's end, and what is played there."""

    page: RTCPeerConnection
    kiosk: RTCPeerConnection
    voice: VoiceReceiver
    loudspeaker: Loudspeaker


@asynccontextmanager
async def a_tone() -> AsyncIterator[Heard]:
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
    try:
        yield Heard(page, kiosk, voice, loudspeaker)
    finally:
        await page.close()
        await kiosk.close()
        await playing
        tone.stop()


async def test_a_tenth_of_the_packets_lost_and_no_sound_missing() -> None:
    async with a_tone() as (page, kiosk, voice, loudspeaker):
        BadLine(page, loss=0.1)
        await until(lambda: voice.figures.played_s > 2.5)
        await until(lambda: voice.lips.voice.captured_s(0) is not None)
        await _garbage(page)
        await until(lambda: voice.figures.played_s > 3)
        sound = loudspeaker.sound()
        figures = voice.figures
        streams: Any = vars(kiosk.getTransceivers()[0].receiver)["_RTCRtpReceiver__remote_streams"]
    assert figures.lost_packets > 3
    assert figures.last_packet_s is not None
    assert level_of(sound[48_000:120_000], 440) > 0.9
    assert np.mean(np.abs(sound[48_000:120_000].reshape(-1, 480)).max(axis=1) < 100) < 0.05
    assert max(stream.packets_received for stream in streams.values()) > 100  # for receiver reports


async def test_a_line_with_every_fault_keeps_the_tone_and_gives_it_back_after_a_cut() -> None:
    async with a_tone() as (page, _, voice, loudspeaker):
        line = BadLine(page, loss=0.05, delay_ms=20, jitter_ms=30, reorder=0.1, duplicate=0.1)
        await until(lambda: voice.figures.played_s > 2)
        line.is_cut = True
        await until(lambda: loudspeaker.pieces[-1].max() == 0)  # silence, no robot
        line.is_cut = False
        await until(lambda: voice.figures.played_s > 5)
        sound, figures = loudspeaker.sound(), voice.figures
    assert line.lost > 5
    assert level_of(sound[-72_000:], 440) > 0.9
    assert figures.plc_s < 0.15 * figures.played_s
    assert figures.late_packets < 0.05 * figures.played_s * 50


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
