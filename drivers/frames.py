"""One camera picture, and the one-slot mailbox for the latest. Never a queue: late video is worthless."""

import asyncio
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from drivers.orientation import AS_IT_COMES, Orientation

Image = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One picture as I420 planes: `i420` has shape (height * 3 / 2, width), Y first, BT.601 studio range.

    `captured_s`: `time.monotonic()` when the picture left the camera; `sequence` counts a camera's pictures.
    `orientation`: what was done to the camera's picture to get this one.
    """

    i420: Image
    width: int
    height: int
    captured_s: float
    sequence: int
    orientation: Orientation = AS_IT_COMES


Waiter = tuple[asyncio.AbstractEventLoop, asyncio.Future[VideoFrame]]


class FrameSlot:
    """Holds the latest picture. `next` works on any asyncio loop, all else from any thread.

    `recall_s`: for how long older ones are held as well.
    """

    def __init__(self, recall_s: float = 0.0) -> None:
        self._lock = threading.Lock()
        self._recall_s = recall_s
        self._recent: deque[VideoFrame] = deque()
        self._frame: VideoFrame | None = None
        self._waiters: list[Waiter] = []

    def put(self, frame: VideoFrame) -> None:
        """Replace the latest picture and wake everybody who waits for one."""
        with self._lock:
            self._frame = frame
            self._remember(frame)
            waiters, self._waiters = self._waiters, []
        for loop, future in waiters:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_deliver, future, frame)

    def _remember(self, frame: VideoFrame) -> None:
        self._recent.append(frame)
        while frame.captured_s - self._recent[0].captured_s > self._recall_s:
            self._recent.popleft()

    def recent(self) -> tuple[VideoFrame, ...]:
        """The pictures of the last `recall_s`, oldest first; empty when the camera does not deliver."""
        with self._lock:
            return tuple(self._recent)

    def latest(self) -> VideoFrame | None:
        """The newest picture, or None before the first and when the camera does not deliver."""
        with self._lock:
            return self._frame

    def clear(self) -> None:
        """Forget the picture: a frozen one must not pass for a live one."""
        with self._lock:
            self._frame = None
            self._recent.clear()

    async def next(self, after: int = -1) -> VideoFrame:
        """The first picture whose sequence is above `after`: at once when it is here already, else wait."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._frame is not None and self._frame.sequence > after:
                return self._frame
            future: asyncio.Future[VideoFrame] = loop.create_future()
            self._waiters.append((loop, future))
        return await future


def _deliver(future: asyncio.Future[VideoFrame], frame: VideoFrame) -> None:
    if not future.done():
        future.set_result(frame)


def sharpest(frames: Sequence[VideoFrame]) -> VideoFrame:
    """The one with the most detail (the variance of its luma's Laplacian); of equals, the newest."""
    return max(frames, key=lambda frame: (_detail(frame), frame.sequence))


def _detail(frame: VideoFrame) -> float:
    import cv2

    laplacian = cv2.Laplacian(frame.i420[: frame.height], cv2.CV_16S)
    return float(laplacian.var())


def to_i420(
    bgr: Image, captured_s: float, sequence: int, orientation: Orientation = AS_IT_COMES
) -> VideoFrame:
    """Turn and convert a camera's BGR picture once, for all who see it. An odd last row or column is cut."""
    import cv2  # lazy: the first screen must not pay for it

    bgr = orientation.apply(bgr)
    height, width = bgr.shape[0] & ~1, bgr.shape[1] & ~1
    even = np.ascontiguousarray(bgr[:height, :width])
    i420 = np.asarray(cv2.cvtColor(even, cv2.COLOR_BGR2YUV_I420), dtype=np.uint8)
    return VideoFrame(i420, width, height, captured_s, sequence, orientation)


def to_bgra(frame: VideoFrame) -> Image:
    """The picture for a painter: shape (height, width, 4), 32 bits a pixel as in QImage's RGB32."""
    import cv2

    return np.asarray(cv2.cvtColor(frame.i420, cv2.COLOR_YUV2BGRA_I420), dtype=np.uint8)
