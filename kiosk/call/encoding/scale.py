"""A picture made smaller: proportions kept, sizes even, as I420 wants them."""

import av
import cv2
import numpy as np
from av.video.plane import VideoPlane
from av.video.reformatter import Interpolation

from drivers.frames import Image
from kiosk.call.streams import Size

_SIDE_MIN = 16


def fitted(width: int, height: int, size: Size) -> tuple[int, int]:
    """The largest even size with these proportions inside `size`; never larger than the picture."""
    factor = min(1.0, size.width / width, size.height / height)
    return _even(width * factor, width), _even(height * factor, height)


def _even(side: float, side_max: int) -> int:
    return min(max(round(side / 2) * 2, _SIDE_MIN), side_max & ~1)


def scaled(frame: av.VideoFrame, width: int, height: int) -> av.VideoFrame:
    """The same I420 picture in another size; itself if it has that size. Keeps its time."""
    if (frame.width, frame.height) == (width, height):
        return frame
    if (frame.width, frame.height) == (2 * width, 2 * height):
        small = _halved(frame)
    else:
        small = frame.reformat(width, height, interpolation=Interpolation.AREA, threads=1)
    small.pts = frame.pts
    if frame.time_base is not None:
        small.time_base = frame.time_base
    return small


def _halved(frame: av.VideoFrame) -> av.VideoFrame:
    """Both halve, the most frequent case: OpenCV does it in a third of swscale's time."""
    small = av.VideoFrame(frame.width // 2, frame.height // 2, "yuv420p")
    for source, target in zip(frame.planes, small.planes, strict=True):
        into = _rows(target)
        cv2.resize(_rows(source), (target.width, target.height), dst=into, interpolation=cv2.INTER_AREA)
    return small


def _rows(plane: VideoPlane) -> Image:
    rows = np.frombuffer(memoryview(plane), np.uint8)
    return rows.reshape(plane.height, plane.line_size)[:, : plane.width]
