"""What a technician is told of the call that runs. Numbers and names of machines: nothing of the patient."""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.call.reaching.urls import Transport
from kiosk.call.streams import VoiceMode
from kiosk.events import CallPhase


class Codec(StrEnum):
    """How the pictures are encoded."""

    H264 = "H264"
    VP8 = "VP8"


class Way(StrEnum):
    """Which way the packets go."""

    UNKNOWN = "unknown"  # not connected yet
    DIRECT = "direct"
    OUR_RELAY = "our_relay"
    PAGE_RELAY = "page_relay"  # the physician's browser uses one, which we do not know


@dataclass(frozen=True, slots=True)
class PictureFigures:
    """One picture that is sent: size in pixels, and what it may cost now. `target_kbps` 0: it is paused."""

    width: int
    height: int
    rate_hz: float
    target_kbps: int


@dataclass(frozen=True, slots=True)
class LineFigures:
    """`allowed_kbps`: what we send at most, headers included; `carried_kbps`: what arrived lately.

    `lost_percent` of the last two seconds. `rtt_ms` None: not known yet.
    """

    allowed_kbps: int
    carried_kbps: int
    queue_ms: int
    lost_percent: float
    rtt_ms: int | None


@dataclass(frozen=True, slots=True)
class SendingFigures:
    """A picture is None while its track is off or has no source.

    `processor_percent`: the part of the pictures that this processor can encode.
    """

    line: LineFigures
    face: PictureFigures | None
    otoscope: PictureFigures | None
    voice: VoiceMode | None
    processor_percent: int
    codec: Codec


@dataclass(frozen=True, slots=True)
class HeardFigures:
    """The physician's voice: how much of it waits to be played, how much had to be made up so far.

    `skew_ms`: how far it is behind the picture, None when not known.
    """

    depth_ms: int
    concealed_percent: float
    skew_ms: int | None


@dataclass(frozen=True, slots=True)
class RelayFigures:
    """The relay that this kiosk's packets take."""

    host: str
    transport: Transport


@dataclass(frozen=True, slots=True)
class CallFigures:
    """One look at a call. All but `phase` is unknown while there is no connection."""

    phase: CallPhase
    way: Way = Way.UNKNOWN
    relay: RelayFigures | None = None
    sending: SendingFigures | None = None
    heard: HeardFigures | None = None
