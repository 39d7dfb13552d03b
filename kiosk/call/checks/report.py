"""What the checks before a call found: one light and one reason for each part. Sentences live in `ui/`."""

from dataclasses import dataclass
from enum import StrEnum


class Light(StrEnum):
    GREEN = "green"
    ORANGE = "orange"  # the call works, with less
    RED = "red"
    UNKNOWN = "unknown"  # not looked at yet, or not to be known from here


class CheckPart(StrEnum):
    """In the order in which they are shown, and in which one is named when several are equally bad."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    SPEAKER = "speaker"
    LINE = "line"


class CheckReason(StrEnum):
    """What is wrong with a part; `ui/` has one sentence with what to do for each."""

    NONE = "none"
    CAMERA_MISSING = "camera_missing"
    CAMERA_NO_PICTURE = "camera_no_picture"
    CAMERA_BLACK = "camera_black"
    CAMERA_FROZEN = "camera_frozen"
    MICROPHONE_MISSING = "microphone_missing"
    MICROPHONE_SILENT = "microphone_silent"
    MICROPHONE_FAINT = "microphone_faint"
    SPEAKER_MISSING = "speaker_missing"
    SPEAKER_OFF = "speaker_off"  # muted, or its volume at nothing
    SPEAKER_REFUSED = "speaker_refused"  # there, but takes no sound
    SOUND_STOPPED = "sound_stopped"  # the sound server behind microphone and loudspeaker
    LINE_DOWN = "line_down"  # the meeting place cannot be reached
    LINE_RELAY = "line_relay"  # it can, the relay for picture and sound cannot
    LINE_VOICE_ONLY = "line_voice_only"
    LINE_WEAK = "line_weak"
    LINE_LOSSY = "line_lossy"
    LINE_SLOW = "line_slow"
    LINE_UNMEASURED = "line_unmeasured"  # the meeting place is this machine: only the physician can measure


@dataclass(frozen=True, slots=True)
class PartCheck:
    """One part. `detail` is for the technician: figures with units, no patient data."""

    part: CheckPart
    light: Light = Light.UNKNOWN
    reason: CheckReason = CheckReason.NONE
    detail: str = ""


_BADNESS = (Light.GREEN, Light.UNKNOWN, Light.ORANGE, Light.RED)


@dataclass(frozen=True, slots=True)
class CallCheck:
    """All parts, in order. `running`: some are still being looked at."""

    parts: tuple[PartCheck, ...]
    running: bool = False

    @property
    def worst(self) -> PartCheck:
        """The part to name: the first of the worst."""
        return max(self.parts, key=lambda part: _BADNESS.index(part.light))

    def part(self, wanted: CheckPart) -> PartCheck:
        return next(part for part in self.parts if part.part is wanted)


def untried() -> CallCheck:
    """Nothing has been looked at yet."""
    return CallCheck(tuple(PartCheck(part) for part in CheckPart), running=True)
