"""What the call sends, and how much of the line each part may take. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class VoiceMode(StrEnum):
    """How the voice is sent: 32 kbit/s every 20 ms, or 16 kbit/s every 60 ms when each packet counts."""

    FULL = "full"
    LEAN = "lean"


@dataclass(frozen=True, slots=True)
class Size:
    """A picture's size in pixels and its rate."""

    width: int
    height: int
    rate_hz: float


@dataclass(frozen=True, slots=True)
class VideoTarget:
    """What one picture track may cost now: `rate_bps` 0 means paused. `size` is what the encoder makes."""

    rate_bps: int
    size: Size


@dataclass(frozen=True, slots=True)
class Wants:
    """What is switched on. A picture is None while its track is off, else the size of its source.

    `bulk`: a still picture or a recorded sound waits to be sent over the data channel.
    """

    face: Size | None
    otoscope: Size | None
    stethoscope: bool
    bulk: bool


@dataclass(frozen=True, slots=True)
class Shares:
    """The line, divided. Rates in bit/s on the wire, headers included; 0: that picture is paused.

    `stethoscope_live` False: the line cannot carry heart sounds live, they are recorded and sent as `bulk`.
    """

    voice: VoiceMode
    stethoscope_live: bool
    face_bps: int
    otoscope_bps: int
    bulk_bps: int
