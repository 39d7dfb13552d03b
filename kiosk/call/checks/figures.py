"""What is measured of each part before it is judged. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pictures:
    """Of a camera for a moment. `brightest` is the 99th percentile of luma (16 is black, 235 white).

    `change` is the largest mean difference of luma between two pictures; 0 only when they are identical.
    """

    count: int = 0
    width: int = 0
    height: int = 0
    brightest: float = 0.0
    change: float = 0.0


@dataclass(frozen=True, slots=True)
class Output:
    """The loudspeaker's output on the sound server. `takes_sound` None: not tried."""

    server: bool
    name: str = ""
    muted: bool = False
    volume_percent: int = 100
    takes_sound: bool | None = None


@dataclass(frozen=True, slots=True)
class Udp:
    """What packets through the relay (TURN) say: `loss` from 0 to 1, both ways together."""

    reachable: bool
    rtt_ms: float | None = None
    loss: float | None = None


@dataclass(frozen=True, slots=True)
class LineFigures:
    """Of the line. None: not measured. `udp` None: this site has no relay.

    `local`: the meeting place runs on this machine, so that rates and round trip to it say nothing.
    """

    reachable: bool
    local: bool = False
    rtt_ms: float | None = None
    up_bps: float | None = None
    down_bps: float | None = None
    udp: Udp | None = None
