"""The pictures a screen may paint: one mailbox each. Re-exported here because screens see no driver."""

from dataclasses import dataclass, field

from drivers.frames import FrameSlot, VideoFrame, sharpest, to_bgra

__all__ = ["FrameSlot", "Frames", "VideoFrame", "sharpest", "to_bgra"]

OTOSCOPE_RECALL_S = 0.5  # the hand moves when the button is touched: the picture kept is from just before


@dataclass(frozen=True, slots=True)
class Frames:
    """`physician` comes from the call, `face` and `otoscope` from this kiosk's cameras."""

    physician: FrameSlot = field(default_factory=FrameSlot)
    face: FrameSlot = field(default_factory=FrameSlot)
    otoscope: FrameSlot = field(default_factory=lambda: FrameSlot(OTOSCOPE_RECALL_S))
