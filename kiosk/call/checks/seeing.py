"""Looks at the camera's mailbox for a moment: do pictures come, are they black, do they move?"""

import asyncio
from dataclasses import dataclass

import numpy as np

from drivers.frames import FrameSlot, Image, VideoFrame
from kiosk.call.checks.figures import Pictures

OPENING_S = 4.0  # a camera that was plugged in just now takes its time
LOOKING_S = 1.5
_STEP = 8  # every eighth row and column is enough, and costs little


async def watch(slot: FrameSlot, opening_s: float = OPENING_S, looking_s: float = LOOKING_S) -> Pictures:
    """What the camera shows for `looking_s` from its first picture on; nothing after `opening_s` of none."""
    seen = _Seen()
    try:
        async with asyncio.timeout(opening_s) as limit:
            while True:
                frame = await slot.next(seen.last_sequence)
                if not seen.count:
                    limit.reschedule(asyncio.get_running_loop().time() + looking_s)
                seen.look(frame)
    except TimeoutError:
        return seen.figures()


@dataclass(slots=True)
class _Seen:
    count: int = 0
    last_sequence: int = -1
    width: int = 0
    height: int = 0
    brightest: float = 0.0
    change: float = 0.0
    first: Image | None = None

    def look(self, frame: VideoFrame) -> None:
        luma = frame.i420[: frame.height : _STEP, ::_STEP]
        if self.first is None or self.first.shape != luma.shape:
            self.first = luma.copy()
        self.count += 1
        self.last_sequence = frame.sequence
        self.width, self.height = frame.width, frame.height
        self.brightest = max(self.brightest, float(np.percentile(luma, 99)))
        moved = float(np.abs(luma.astype(np.int16) - self.first).mean())
        self.change = max(self.change, moved)

    def figures(self) -> Pictures:
        return Pictures(self.count, self.width, self.height, self.brightest, self.change)
