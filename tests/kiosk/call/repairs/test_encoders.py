"""Whose encoder a sender uses."""

import inspect
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCRtpSender, RTCRtpTransceiver
from aiortc.codecs import CODECS
from aiortc.codecs.base import Encoder
from aiortc.codecs.opus import OpusEncoder
from av.frame import Frame
from av.packet import Packet

from kiosk.call.repairs.encoders import set_encoder

_OPUS = next(codec for codec in CODECS["audio"] if codec.name == "opus")


class Quiet(MediaStreamTrack):
    kind = "audio"

    async def recv(self) -> av.AudioFrame:
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 960), dtype=np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = 48_000, Fraction(1, 48_000), 0
        return frame


class OurEncoder(Encoder):
    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        return [b"ours"], 7

    def pack(self, packet: "Packet[Any]") -> tuple[list[bytes], int]:
        raise NotImplementedError


async def sent(ours: bool) -> tuple[list[bytes], object]:
    """What a sender makes of one chunk, and the encoder that it has then."""
    kiosk = RTCPeerConnection()
    sender = kiosk.addTransceiver(Quiet(), direction="sendonly").sender
    if ours:
        set_encoder(sender, OurEncoder())
    try:
        frame = await sender._next_encoded_frame(_OPUS)
    finally:
        await kiosk.close()
    return (frame.payloads if frame is not None else []), vars(sender)["_RTCRtpSender__encoder"]


async def test_a_sender_uses_the_encoder_that_it_is_given() -> None:
    payloads, encoder = await sent(ours=True)
    assert payloads == [b"ours"]
    assert isinstance(encoder, OurEncoder)


async def test_the_library_still_chooses_the_encoder_itself() -> None:
    """When this fails, aiortc lets us give a sender its encoder: drop the repair."""
    _, encoder = await sent(ours=False)
    assert type(encoder) is OpusEncoder
    calls = (RTCRtpSender.__init__, RTCPeerConnection.addTrack, RTCPeerConnection.addTransceiver)
    named = [name for call in calls for name in inspect.signature(call).parameters]
    public = [name for known in (RTCRtpSender, RTCRtpTransceiver) for name in dir(known) if name[0] != "_"]
    assert not [name for name in [*named, *public] if "encod" in name.lower()]


def test_an_unknown_sender_is_told() -> None:
    with pytest.raises(AttributeError, match="__encoder"):
        set_encoder(object(), OurEncoder())  # type: ignore[arg-type]
