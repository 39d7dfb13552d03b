"""A still picture in a few kilobytes, for when the line cannot carry a moving one."""

import cv2
import numpy as np

from drivers.frames import Image, VideoFrame
from kiosk.call.encoding.scale import fitted
from kiosk.call.streams import Size

_BOXES = [Size(320, 240, 0), Size(240, 180, 0), Size(160, 120, 0)]
_QUALITIES = (70, 55, 40, 28)
_LAST_QUALITIES = (20, 12, 6)


def still_jpeg(frame: VideoFrame, bytes_max: int) -> bytes:
    """A JPEG of at most `bytes_max`, the largest and best that fits, from 320x240 down to 160x120.

    Takes some milliseconds: for a worker thread. Raises ValueError when not even the smallest fits.
    """
    image = np.asarray(cv2.cvtColor(frame.i420, cv2.COLOR_YUV2BGR_I420), dtype=np.uint8)
    for box in _BOXES:
        small = _resized(image, box)
        for quality in _QUALITIES if box is not _BOXES[-1] else _QUALITIES + _LAST_QUALITIES:
            jpeg = _encoded(small, quality)
            if len(jpeg) <= bytes_max:
                return jpeg
    raise ValueError(f"no still picture of {frame.width}x{frame.height} fits into {bytes_max} bytes")


def _resized(image: Image, box: Size) -> Image:
    height, width = image.shape[:2]
    size = fitted(width, height, box)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _encoded(image: Image, quality: int) -> bytes:
    fine, jpeg = cv2.imencode(
        ".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    )
    if not fine:
        raise ValueError("the picture cannot be encoded as JPEG")
    return jpeg.tobytes()
