"""A camera by OpenCV: V4L2 on Linux.

Three habits of OpenCV's V4L2 backend shape this file (seen in 5.0). `read()` on a stalled camera blocks for
10 s, so we wait with `waitAny`, which takes a timeout. After the camera is gone `isOpened()` and `waitAny`
stay True and `retrieve()` hands out the last picture for ever: only a new driver timestamp makes a picture.
A camera that has sent none yet may give none, and call it good.
"""

import os
import sys
import time
from typing import Any

from drivers.capture import PATIENCE_S, Shot
from drivers.instrument import DriverError, Reason

WIDTH, HEIGHT, RATE_HZ = 640, 480, 30


class OpenCvCamera:
    """A `PictureSource`. Raises DriverError where it cannot be opened."""

    def __init__(self, node: str | int) -> None:
        self._capture = _open(node)
        self._stamp_ms = -1.0
        if not self._capture.isOpened():
            self._capture.release()
            raise DriverError(_why_not_opened(node), str(node))

    def next(self) -> Shot | None:
        if not _wait(self._capture):
            return None
        new_stamp_ms = _stamp_ms(self._capture)
        if new_stamp_ms == self._stamp_ms:
            raise EOFError
        self._stamp_ms = new_stamp_ms
        captured_s = time.monotonic()
        good, picture = self._capture.retrieve()
        return Shot(picture, captured_s) if good and picture is not None else None

    def close(self) -> None:
        self._capture.release()


def _open(node: str | int) -> Any:
    import cv2

    backend = cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY
    wanted = {
        cv2.CAP_PROP_FOURCC: cv2.VideoWriter.fourcc(*"MJPG"),
        cv2.CAP_PROP_FRAME_WIDTH: WIDTH,
        cv2.CAP_PROP_FRAME_HEIGHT: HEIGHT,
        cv2.CAP_PROP_FPS: RATE_HZ,
    }
    capture = cv2.VideoCapture(node, backend)
    for key, value in wanted.items():
        capture.set(key, value)
    return capture


def _why_not_opened(node: str | int) -> Reason:
    """OpenCV gives no reason: a node that we may open is in use by another program."""
    if isinstance(node, str) and not os.access(node, os.R_OK | os.W_OK):
        return Reason.PERMISSION
    return Reason.PORT_BUSY


def _wait(capture: Any) -> bool:
    """True when a picture was grabbed; also when the camera is gone (then its timestamp is the old one)."""
    import cv2

    if sys.platform != "linux":
        return bool(capture.grab())
    try:
        return bool(cv2.VideoCapture.waitAny([capture], round(PATIENCE_S * 1e9))[0])
    except cv2.error:
        return True


def _stamp_ms(capture: Any) -> float:
    import cv2

    return float(capture.get(cv2.CAP_PROP_POS_MSEC)) if sys.platform == "linux" else time.monotonic()
