"""What arrives: the physician's picture and voice, decoded and handed on. Imports aiortc."""

import time

import av
import numpy as np
from aiortc import MediaStreamTrack
from aiortc.mediastreams import MediaStreamError

from drivers.chunks import RATE_HZ
from drivers.frames import FrameSlot, VideoFrame
from kiosk.call.settings import PcmSink


async def show(track: MediaStreamTrack, slot: FrameSlot) -> None:
    """Put each picture into the slot until the track ends; then forget the last one."""
    latest = slot.latest()
    sequence = latest.sequence if latest else 0
    try:
        while True:
            frame = await track.recv()
            sequence += 1
            if isinstance(frame, av.VideoFrame):
                slot.put(_picture(frame, sequence))
    except MediaStreamError:
        return
    finally:
        slot.clear()


def _picture(frame: av.VideoFrame, sequence: int) -> VideoFrame:
    width, height = frame.width & ~1, frame.height & ~1
    if frame.format.name != "yuv420p" or (width, height) != (frame.width, frame.height):
        frame = frame.reformat(width=width, height=height, format="yuv420p")
    i420 = np.asarray(frame.to_ndarray(), dtype=np.uint8)
    return VideoFrame(i420, width, height, time.monotonic(), sequence)


async def play(track: MediaStreamTrack, sink: PcmSink) -> None:
    """Give each piece of sound to the loudspeaker, as 48 kHz mono, until the track ends."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    try:
        while True:
            frame = await track.recv()
            if isinstance(frame, av.AudioFrame):
                for piece in resampler.resample(frame):
                    sink.play(np.asarray(piece.to_ndarray(), dtype=np.int16).reshape(-1))
    except MediaStreamError:
        return
