"""What the kiosk tells its screens: immutable payloads, one type each. The screens never ask twice."""

from dataclasses import dataclass
from enum import StrEnum

from devices.reading import Reading, Waveform
from drivers.instrument import InstrumentState, InstrumentStatus, Reason
from drivers.pairing_dialogue import PairingEnd
from kiosk.call.checks.report import CallCheck, CheckPart, CheckReason, Light, PartCheck
from kiosk.selftest.report import Report
from kiosk.session import Session

__all__ = [
    "CallChanged", "CallCheck", "CallCheckChanged", "CallPhase", "CheckPart", "CheckReason",
    "DeliveryChanged", "Event", "InstrumentState", "InstrumentStatus", "InstrumentsChanged", "Light",
    "LineQuality", "Notice", "NoticeReason", "PairingChanged", "PairingEnd", "PairingStep", "PartCheck",
    "PictureFrozen", "ReadingShown", "Reason", "ResumeOffered",
    "SelfTestChanged", "SessionChanged", "SetAsideChanged", "SoundHeard", "SoundQuality",
    "WaveformShown",
]  # fmt: skip


class CallPhase(StrEnum):
    """Where the call stands, for both screens."""

    OFF = "off"
    WAITING = "waiting"  # the link is ready, nobody has come yet
    CONNECTING = "connecting"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    LEFT = "left"  # the physician has said goodbye; the same page may come back
    TAMPERED = "tampered"  # the descriptions do not carry our proof: the call was ended
    SERVER_UNREACHABLE = "server_unreachable"
    ENDED = "ended"


class LineQuality(StrEnum):
    UNKNOWN = "unknown"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


class SoundQuality(StrEnum):
    """Whether the stethoscope can be listened to; `kiosk.sound_quality` says how that is judged."""

    LISTENING = "listening"  # too little was heard to say
    SILENT = "silent"
    LOUD = "loud"  # cut off at the instrument
    NOISY = "noisy"
    CLEAR = "clear"


class PairingStep(StrEnum):
    """What is waited for while a technician pairs with an instrument."""

    SEEKING = "seeking"  # the instrument
    TYPE = "type"  # the code that it shows, here
    COMPARE = "compare"  # whether it shows the same code
    SHOW = "show"  # the code, on the instrument


class NoticeReason(StrEnum):
    """Things the helper should know at once. `ui/` has one sentence with what to do for each."""

    OLD_READING_SET_ASIDE = "old_reading_set_aside"
    UNKNOWN_UNIT_SET_ASIDE = "unknown_unit_set_aside"
    STORAGE_FULL = "storage_full"
    NO_ROOM = "no_room"  # for another consultation
    NO_PLACE = "no_place"  # for another consultation, where the disk has damaged the store
    STORAGE_BROKEN = "storage_broken"
    LINK_REFUSED = "link_refused"  # somebody else tried the physician's link
    CALL_BLOCKED = "call_blocked"  # only a relay may carry the call, and none can be reached
    PAGE_NOT_UNDERSTOOD = "page_not_understood"  # the physician's browser cannot do what a call needs
    DELIVERY_PAUSED = "delivery_paused"
    DELIVERY_QUARANTINED = "delivery_quarantined"
    RECORDING_FAILED = "recording_failed"
    PICTURE_NOT_KEPT = "picture_not_kept"  # it was held, and nobody said of which ear it is
    NO_RECORDING = "no_recording"  # in the instrument that was asked for it
    RECORDING_NOT_READ = "recording_not_read"
    RECORDING_KNOWN = "recording_known"  # it was read before
    INSTRUMENT_MISSING = "instrument_missing"  # asked for, and not plugged in


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """The session on screen; None on the welcome screen."""

    session: Session | None


@dataclass(frozen=True, slots=True)
class InstrumentsChanged:
    instruments: tuple[InstrumentStatus, ...]


@dataclass(frozen=True, slots=True)
class ReadingShown:
    """Durable by now: show its tile."""

    reading: Reading


@dataclass(frozen=True, slots=True)
class SetAsideChanged:
    """All that may be somebody else's, the newest first: attached to nobody until the helper says so.

    `more`: how many older ones there were, which are not shown.
    """

    readings: tuple[Reading, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class WaveformShown:
    waveform: Waveform


@dataclass(frozen=True, slots=True)
class SoundHeard:
    """Of the stethoscope, a few times a second while it is recorded. 0 dBFS is the loudest, -96 silence."""

    peak_dbfs: float
    quality: SoundQuality


@dataclass(frozen=True, slots=True)
class CallChanged:
    """`link` is for the physician; `words` is the short code to compare aloud.

    `point`: the physician would like the stethoscope at this `BodyPoint`; "" when nothing was asked.
    """

    phase: CallPhase
    link: str = ""
    words: tuple[str, ...] = ()
    line: LineQuality = LineQuality.UNKNOWN
    otoscope_on: bool = False
    otoscope_mirrored: bool = False
    stethoscope_on: bool = False
    muted: bool = False
    picture_paused: bool = False  # the line carries no video: the physician sees a still now and then
    physician_paused: bool = False  # and the same the other way
    stethoscope_live: bool = True  # False: the line is too narrow, recordings are sent instead
    point: str = ""
    recording: bool = False  # the stethoscope's sound, for the record
    guest: bool = False  # the physician has invited one more, who sees and hears the patient


@dataclass(frozen=True, slots=True)
class CallCheckChanged:
    """What the check before the call has found so far."""

    check: CallCheck


@dataclass(frozen=True, slots=True)
class DeliveryChanged:
    """Of the session on screen, else of everything that waits: numbers of records."""

    waiting: int
    delivered: int
    quarantined: int
    online: bool


@dataclass(frozen=True, slots=True)
class ResumeOffered:
    """A session was cut short by a restart: resume it, or close it."""

    session: Session


@dataclass(frozen=True, slots=True)
class SelfTestChanged:
    """What the kiosk found when it last looked after itself, also before a restart."""

    report: Report


@dataclass(frozen=True, slots=True)
class PictureFrozen:
    """The button of the otoscope was pressed: its picture is held; the helper is asked of which ear.

    `first_waits`: one was held already and waits for its ear; no other was taken.
    """

    first_waits: bool = False


@dataclass(frozen=True, slots=True)
class PairingChanged:
    """`code`: to be compared, or to be typed on the instrument."""

    address: str
    step: PairingStep
    code: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    reason: NoticeReason
    subject: str = ""


Event = (
    SessionChanged | InstrumentsChanged | ReadingShown | SetAsideChanged | WaveformShown | SoundHeard
    | CallChanged | CallCheckChanged | DeliveryChanged | ResumeOffered | SelfTestChanged | PictureFrozen
    | PairingChanged | Notice
)  # fmt: skip
