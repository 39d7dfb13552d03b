"""Two senders that encode at the same time, as face and otoscope do."""

import asyncio
import threading
import time
from typing import Any

import av
import pytest
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCRtpSender
from aiortc.codecs.base import Encoder
from av.frame import Frame
from av.packet import Packet

from kiosk.call.repairs.encoders import set_encoder
from kiosk.call.repairs.encoding_thread import EncodingThread

PICTURES = 20


class Film(MediaStreamTrack):
    kind = "video"

    async def recv(self) -> av.VideoFrame:
        return av.VideoFrame(64, 64, "yuv420p")


class NotingEncoder(Encoder):
    """Notes in which thread it worked."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        self.threads.append(threading.current_thread())
        time.sleep(0.002)
        return [b"picture"], len(self.threads)

    def pack(self, packet: "Packet[Any]") -> tuple[list[bytes], int]:
        raise NotImplementedError


async def encoded(sender: RTCRtpSender) -> list[threading.Thread]:
    encoder = NotingEncoder()
    set_encoder(sender, encoder)
    for number in range(PICTURES):
        frame = await sender._next_encoded_frame(None)  # type: ignore[arg-type]
        assert frame is not None
        assert (frame.payloads, frame.timestamp) == ([b"picture"], number + 1)
    return encoder.threads


async def threads(repaired: bool) -> list[set[threading.Thread]]:
    kiosk = RTCPeerConnection()
    senders = [kiosk.addTransceiver(Film(), direction="sendonly").sender for _ in range(2)]
    own = [EncodingThread(sender) for sender in senders] if repaired else []
    try:
        return [set(each) for each in await asyncio.gather(*map(encoded, senders))]
    finally:
        await kiosk.close()
        for thread in own:
            thread.close()


async def test_each_sender_encodes_in_one_thread_which_ends_with_it() -> None:
    face, otoscope = await threads(repaired=True)
    assert (len(face), len(otoscope)) == (1, 1)
    assert face.isdisjoint(otoscope)
    for thread in face | otoscope:
        thread.join(5)
        assert not thread.is_alive()


async def test_the_library_still_encodes_in_the_pool_of_the_loop() -> None:
    """When this fails, see whether aiortc keeps to one thread for each sender: then drop the repair."""
    face, otoscope = await threads(repaired=False)
    assert all(thread.name.startswith("asyncio_") for thread in face | otoscope)


def test_an_unknown_sender_is_told() -> None:
    with pytest.raises(AttributeError, match="__loop"):
        EncodingThread(object())  # type: ignore[arg-type]
