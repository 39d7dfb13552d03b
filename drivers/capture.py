"""One open camera in a thread of its own: pictures into the slot, and a sign of life for the watchdog."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from drivers.frames import FrameSlot, Image, to_i420
from drivers.instrument import DriverError, Reason
from drivers.orientation import Orientation

PATIENCE_S = 0.25
"""How long a source waits for a picture before it lets the thread look around."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture as BGR, shape (height, width, 3), and when it came (`time.monotonic()`)."""

    picture: Image
    captured_s: float


class PictureSource(Protocol):
    """An open camera, for one thread."""

    def next(self) -> Shot | None:
        """None when none came for a moment. Raises EOFError when the camera is gone or has ended."""
        ...

    def close(self) -> None: ...


Opener = Callable[[], PictureSource]
"""Raises DriverError."""


class CaptureThread:
    """Opens the camera and captures until `stop`, or until it is gone or silent for `stall_s`.

    `refused` (why it could not be opened), `last_frame_s` (monotonic) and `sequence` may be read from any
    thread. A picture that cannot be decoded is left out. `orientation` is asked for each picture.
    """

    def __init__(
        self,
        node: str | int,
        open_source: Opener,
        slot: FrameSlot,
        first_sequence: int,
        stall_s: float,
        orientation: Callable[[], Orientation],
    ) -> None:
        self.refused: Reason | None = None
        self.started_s = time.monotonic()
        self.last_frame_s: float | None = None
        self.sequence = first_sequence
        self.node = node
        self._open_source = open_source
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
        try:
            source = self._open_source()
        except DriverError as error:
            self.refused = error.reason
            return
        try:
            self._pump(source)
        finally:
            source.close()

    def _pump(self, source: PictureSource) -> None:
        while not self._stopping.is_set() and self.silent_s() < self._stall_s:
            try:
                shot = source.next()
            except EOFError:
                return
            if shot is not None:
                self._show(shot)

    def _show(self, shot: Shot) -> None:
        frame = to_i420(shot.picture, shot.captured_s, self.sequence + 1, self._orientation())
        with self._putting:
            if not self._stopping.is_set():
                self.sequence = frame.sequence
                self.last_frame_s = shot.captured_s
                self._slot.put(frame)
