"""The pictures a screen may paint: one mailbox each. Re-exported here because screens see no driver."""

from dataclasses import dataclass, field

from drivers.frames import FrameSlot, VideoFrame, to_bgra

__all__ = ["FrameSlot", "Frames", "VideoFrame", "to_bgra"]


@dataclass(frozen=True, slots=True)
class Frames:
    """`physician` comes from the call, `face` and `otoscope` from this kiosk's cameras."""

    physician: FrameSlot = field(default_factory=FrameSlot)
    face: FrameSlot = field(default_factory=FrameSlot)
    otoscope: FrameSlot = field(default_factory=FrameSlot)
