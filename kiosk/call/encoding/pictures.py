"""What the picture encoders share: they follow a live target, and tell how long they took."""

import time
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import av
from aiortc.codecs.base import Encoder
from aiortc.mediastreams import VIDEO_TIME_BASE, convert_timebase
from av.frame import Frame
from av.packet import Packet

from kiosk.call.encoding.scale import fitted, scaled
from kiosk.call.encoding.target import LiveTarget
from kiosk.call.streams import VideoTarget

# Payload, without the headers that the line carries beside it.
RATE_MIN_BPS, RATE_MAX_BPS = 25_000, 2_500_000


def nobody(took_s: float) -> None:
    """The time is not asked for."""


class PictureEncoder(Encoder):
    """Makes each picture what `target` asks for at that moment; nothing at all while it is paused.

    `encode` runs in a worker thread. `took` is told there how long each picture took, in seconds.
    """

    def __init__(self, target: LiveTarget, took: Callable[[float], None] = nobody) -> None:
        self._target = target
        self._took = took

    @property
    def target_bitrate(self) -> int:
        return self._target.value.rate_bps

    @target_bitrate.setter
    def target_bitrate(self, bitrate: int) -> None:
        """aiortc sets the receiver's estimate of the whole line here: the target knows better."""

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        assert isinstance(frame, av.VideoFrame)
        target = self._target.value
        timestamp = convert_timebase(frame.pts or 0, frame.time_base or VIDEO_TIME_BASE, VIDEO_TIME_BASE)
        if target.rate_bps <= 0:
            return [], timestamp
        began = time.perf_counter(), time.thread_time()
        small = scaled(frame, *fitted(frame.width, frame.height, target.size))
        payloads = self._compress(small, _clamped(target), force_keyframe)
        self._took(_effort_s(*began))
        return payloads, timestamp

    @abstractmethod
    def _compress(self, frame: av.VideoFrame, target: VideoTarget, key: bool) -> list[bytes]:
        """The RTP payloads of one picture, which has its final size."""

    def pack(self, packet: "Packet[Any]") -> tuple[list[bytes], int]:
        raise NotImplementedError("only pictures are sent")


def _effort_s(began_s: float, began_cpu_s: float) -> float:
    """What this thread worked; half of what it took where it had to wait long for the processor."""
    return max(time.thread_time() - began_cpu_s, (time.perf_counter() - began_s) / 2)


def _clamped(target: VideoTarget) -> VideoTarget:
    return VideoTarget(max(RATE_MIN_BPS, min(target.rate_bps, RATE_MAX_BPS)), target.size)
