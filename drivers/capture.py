"""One open camera in a thread of its own: pictures into the slot, and a sign of life for the watchdog.

Two habits of OpenCV's V4L2 backend shape this file (seen in 5.0). `read()` on a stalled camera blocks for
10 s, so we wait with `waitAny`, which takes a timeout. After the camera is gone `isOpened()` and `waitAny`
stay True and `retrieve()` hands out the last picture for ever: only a new driver timestamp makes a picture.
"""

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from drivers.frames import FrameSlot, to_i420
from drivers.orientation import Orientation

WAIT_NS = 250_000_000
WIDTH, HEIGHT, RATE_HZ = 640, 480, 30


class CaptureThread:
    """Opens `node` and captures until `stop`, or until the camera is gone or silent for `stall_s`.

    `opened`, `last_frame_s` (monotonic) and `sequence` may be read from any thread. A picture that cannot be
    decoded is left out. `orientation` is asked for each picture.
    """

    def __init__(
        self,
        node: str | int,
        slot: FrameSlot,
        first_sequence: int,
        stall_s: float,
        orientation: Callable[[], Orientation],
    ) -> None:
        self.opened: bool | None = None
        self.started_s = time.monotonic()
        self.last_frame_s: float | None = None
        self.sequence = first_sequence
        self.node = node
        self._slot = slot
        self._stall_s = stall_s
        self._orientation = orientation
        self._stopping = threading.Event()
        self._putting = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"camera {node}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """No picture reaches the slot after this. The camera is released a moment later: see `alive`."""
        with self._putting:
            self._stopping.set()

    def join(self, timeout_s: float) -> None:
        """Wait until the camera is released."""
        self._thread.join(timeout_s)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def silent_s(self) -> float:
        """Seconds since the last picture, or since the start."""
        return time.monotonic() - (self.last_frame_s or self.started_s)

    def _run(self) -> None:
        capture = _open(self.node)
        try:
            self.opened = bool(capture.isOpened())
            if self.opened:
                self._pump(capture)
        finally:
            capture.release()

    def _pump(self, capture: Any) -> None:
        stamp_ms = -1.0
        while not self._stopping.is_set() and self.silent_s() < self._stall_s:
            if not _wait(capture):
                continue
            new_stamp_ms = _stamp_ms(capture)
            if new_stamp_ms == stamp_ms:
                return
            stamp_ms = new_stamp_ms
            self._take(capture)

    def _take(self, capture: Any) -> None:
        captured_s = time.monotonic()
        good, picture = capture.retrieve()
        if not good:
            return
        frame = to_i420(picture, captured_s, self.sequence + 1, self._orientation())
        with self._putting:
            if not self._stopping.is_set():
                self.sequence = frame.sequence
                self.last_frame_s = captured_s
                self._slot.put(frame)


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


def _wait(capture: Any) -> bool:
    """True when a picture was grabbed; also when the camera is gone (then its timestamp is the old one)."""
    import cv2

    if sys.platform != "linux":
        return bool(capture.grab())
    try:
        return bool(cv2.VideoCapture.waitAny([capture], WAIT_NS)[0])
    except cv2.error:
        return True


def _stamp_ms(capture: Any) -> float:
    import cv2

    return float(capture.get(cv2.CAP_PROP_POS_MSEC)) if sys.platform == "linux" else time.monotonic()
