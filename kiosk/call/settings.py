"""What a call is given: where to meet, and who is told. Importing this costs nothing heavy."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from uuid import UUID

from drivers.chunks import ChunkQueue, Samples
from drivers.frames import FrameSlot
from kiosk.call.errors import CallReason
from kiosk.events import CallPhase, LineQuality
from kiosk.session import LineMinute


@dataclass(frozen=True, slots=True)
class CallSettings:
    """`page_url` opens the physician's page; `relay_url` is the relay as a browser reaches it ("" when it is
    the page's own host), `kiosk_relay_url` as this kiosk does (wss://.../signal; "" when the same).

    `cancel_echo` False: this kiosk's sound hardware does it.

    `ca_file` is trusted for that relay; None takes the machine's own list. `words_file` is the page's list.
    `turn_ca_file` is trusted for TURN over TLS, besides the machine's own list.
    """

    page_url: str
    kiosk_token: str = field(repr=False)
    words_file: Path
    site: str
    session_number: str
    relay_url: str = ""
    kiosk_relay_url: str = ""
    ca_file: Path | None = None
    turn_ca_file: Path | None = None
    language: str = "fr"
    include_loopback: bool = False
    video_rate_hz: float = 30.0
    cancel_echo: bool = True


@dataclass(frozen=True, slots=True)
class CallState:
    """`rtt_ms` and `loss` (0 to 1) are the latest known ones, None before the first.

    The two pauses: a picture that the line cannot carry now, the patient's or the physician's. `guest`: the
    physician has invited one more, who sees and hears the patient through the physician's page.
    """

    phase: CallPhase
    link: str = field(default="", repr=False)
    words: tuple[str, ...] = ()
    line: LineQuality = LineQuality.UNKNOWN
    rtt_ms: float | None = None
    loss: float | None = None
    picture_paused: bool = False
    physician_paused: bool = False
    guest: bool = False


class CallListener(Protocol):
    """Who hears of the call, on the asyncio loop. `what` is "otoscope" or "stethoscope".

    `site` is a `BodyPoint`, an `Ear` or "". `stethoscope_live(False)`: the line cannot carry its sound as it
    is heard.
    `offer_refused`: NO_RELAY or BAD_OFFER, once until a page is answered again.
    """

    def call_changed(self, state: CallState) -> None: ...
    def physician_asked(self, what: str, on: bool) -> None: ...
    def physician_keeps(self, what: str, site: str = "") -> None: ...
    def physician_points(self, site: str) -> None: ...
    def stethoscope_live(self, live: bool) -> None: ...
    def seen(self, ids: tuple[UUID, ...]) -> None: ...
    def link_refused(self) -> None: ...
    def offer_refused(self, reason: CallReason) -> None: ...
    def line_minute(self, minute: LineMinute) -> None: ...


class PcmSource(Protocol):
    """A microphone: 20 ms chunks of 48 kHz mono, a queue of its own for each listener."""

    def listen(self) -> AbstractContextManager[ChunkQueue]: ...


class PcmSink(Protocol):
    """A loudspeaker for 48 kHz mono samples. Never waits: what is too late is dropped there."""

    def play(self, samples: Samples) -> None: ...


@dataclass(frozen=True, slots=True)
class CallMedia:
    """Pictures and sound of one call, both ways."""

    face: FrameSlot
    otoscope: FrameSlot
    voice: PcmSource
    stethoscope: PcmSource
    remote_video: FrameSlot
    remote_audio: PcmSink
