"""A self-test report: a verdict per part, the part by name, and what is wrong. Sentences live in `ui/`."""

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

FORMAT = 1


class Verdict(StrEnum):
    GREEN = "green"
    AMBER = "amber"  # works, but somebody should know
    RED = "red"
    SKIPPED = "skipped"  # not checked: it needs somebody, or another part must be mended first


class Part(StrEnum):
    """The parts of a kiosk. `subject` of a check names the instrument or device in hand."""

    STORE = "store"
    KEY = "key"
    DISK = "disk"
    CLOCK = "clock"
    TPM = "tpm"
    PRINTER = "printer"
    SCREEN = "screen"
    LINE = "line"
    TURN = "turn"
    CALL_SOUND = "call_sound"
    RENDEZVOUS = "rendezvous"
    FHIR = "fhir"
    FACE_CAMERA = "face_camera"
    MICROPHONE = "microphone"
    SPEAKER = "speaker"
    BLUETOOTH = "bluetooth"
    OXIMETER = "oximeter"
    CUFF = "cuff"
    THERMOMETER = "thermometer"
    SCALE = "scale"
    GLUCOMETER = "glucometer"
    HEART_RATE_MONITOR = "heart_rate_monitor"
    ECG = "ecg"
    OTOSCOPE = "otoscope"
    STETHOSCOPE = "stethoscope"
    UNIT = "unit"  # by Bluetooth, named as this kiosk's, and never seen
    UNKNOWN = "unknown"


class Problem(StrEnum):
    """What is wrong with a part, as a reason that becomes a sentence with what to do."""

    NONE = "none"
    NOT_FOUND = "not_found"
    CHOSEN_MISSING = "chosen_missing"  # the settings or the technician name one that is not plugged in
    NOT_SEEN_YET = "not_seen_yet"  # it shows itself only after a measurement
    NOT_WORKING = "not_working"
    LOW_BATTERY = "low_battery"
    UNKNOWN_UNIT = "unknown_unit"  # by Bluetooth, and nobody said that it belongs to this kiosk
    UNITS_UNUSABLE = "units_unusable"  # the list of those that do belong to it
    RESULT_TAKEN = "result_taken"  # the test got what an instrument sends once: the kiosk does not get it
    IN_USE = "in_use"
    WRONG_KEY_OR_DAMAGED = "wrong_key_or_damaged"
    KEY_READABLE_BY_OTHERS = "key_readable_by_others"
    KEY_NOT_IN_TPM = "key_not_in_tpm"
    KEY_NOT_UNSEALED = "key_not_unsealed"
    NO_RECOVERY_KEY = "no_recovery_key"
    STORE_DAMAGED = "store_damaged"
    STORE_GONE = "store_gone"
    STORE_OLDER = "store_older"  # files of an earlier time were put back
    STORE_SWAPPED = "store_swapped"  # this kiosk's, but not the one it had
    STORE_UNSURE = "store_unsure"  # its sentinel is gone: nothing tells whether it was longer once
    STORE_MENDED = "store_mended"  # one copy was damaged, the other had everything
    RECORDS_REFUSED = "records_refused"
    NEARLY_FULL = "nearly_full"
    WRONG_TIME = "wrong_time"
    UNREACHABLE = "unreachable"
    NOT_FHIR = "not_fhir"
    CREDENTIAL_REFUSED = "credential_refused"
    NO_TOKEN = "no_token"  # the token server (fhir.token_url) answers, and gives none
    SERVER_MISSING = "server_missing"
    LIBRARY_MISSING = "library_missing"  # libopus (Debian: libopus0)
    MEND_FIRST = "mend_first"  # another part (`because`) is out of order, and this one with it
    NEEDS_SOMEBODY = "needs_somebody"
    SWITCHED_OFF = "switched_off"  # muted, or its volume at nothing
    NOT_HEARD = "not_heard"  # the loudspeaker plays, and the microphone hears nothing of it
    HARDLY_HEARD = "hardly_heard"
    SILENT = "silent"
    DARK = "dark"
    FROZEN = "frozen"
    NOT_WRITABLE = "not_writable"
    READ_BACK_WRONG = "read_back_wrong"
    NOT_SYNCHRONISED = "not_synchronised"
    NO_TPM = "no_tpm"
    NEEDS_ATTENTION = "needs_attention"  # the printer: paper, toner, a cover
    PAUSED = "paused"
    NO_NETWORK = "no_network"
    NO_ANSWER = "no_answer"
    NOT_PROVED = "not_proved"
    CERTIFICATE = "certificate"
    SOME_DOWN = "some_down"  # one of several relays
    FULL = "full"
    DEAD_ZONES = "dead_zones"
    BESIDE_TARGET = "beside_target"


class Zone(StrEnum):
    """Where a target of the touch test stands. The corners are those of the glass, in every language."""

    TOP_LEFT = "top_left"
    TOP_RIGHT = "top_right"
    CENTRE = "centre"
    BOTTOM_LEFT = "bottom_left"
    BOTTOM_RIGHT = "bottom_right"


@dataclass(frozen=True, slots=True)
class Check:
    """`detail` is for support: figures and addresses, no patient data. `because`: the part to mend first."""

    part: Part
    verdict: Verdict
    problem: Problem = Problem.NONE
    subject: str = ""
    detail: str = ""
    because: Part | None = None


def _now() -> datetime:
    return datetime.now().astimezone()


@dataclass(frozen=True, slots=True)
class Report:
    """`made_at` has a zone."""

    checks: tuple[Check, ...]
    made_at: datetime = field(default_factory=_now)

    @property
    def reds(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.verdict is Verdict.RED)

    @property
    def red(self) -> bool:
        return bool(self.reds)

    def with_check(self, check: Check) -> "Report":
        """The same, with this one in the place of what was said of its part."""
        return replace(self, checks=tuple(check if c.part is check.part else c for c in self.checks))

    def to_json(self) -> str:
        """For machines, as docs/selftest.md lists it; no patient data by construction."""
        worst = Verdict.RED if self.red else Verdict.GREEN
        return json.dumps(
            {
                "format": FORMAT,
                "made_at": self.made_at.isoformat(timespec="seconds"),
                "verdict": worst,
                "checks": [asdict(check) for check in self.checks],
            },
            indent=2,
        )

    @classmethod
    def from_json(cls, text: str) -> "Report":
        """The reverse of `to_json`. Raises ValueError for anything else, also for a part it does not know."""
        try:
            told = json.loads(text)
            made_at = datetime.fromisoformat(told["made_at"])
            return cls(tuple(_check(each) for each in told["checks"]), made_at.astimezone())
        except (KeyError, TypeError, OverflowError) as error:
            raise ValueError(f"not a report: {error!r}") from error


def _check(told: dict[str, Any]) -> Check:
    because = told["because"]
    return Check(
        Part(told["part"]),
        Verdict(told["verdict"]),
        Problem(told["problem"]),
        str(told["subject"]),
        str(told["detail"]),
        None if because is None else Part(because),
    )


def green(part: Part, subject: str = "", detail: str = "") -> Check:
    return Check(part, Verdict.GREEN, Problem.NONE, subject, detail)


def amber(part: Part, problem: Problem, subject: str = "", detail: str = "") -> Check:
    return Check(part, Verdict.AMBER, problem, subject, detail)


def red(part: Part, problem: Problem, subject: str = "", detail: str = "") -> Check:
    return Check(part, Verdict.RED, problem, subject, detail)


def skipped(part: Part, problem: Problem, subject: str = "", detail: str = "") -> Check:
    return Check(part, Verdict.SKIPPED, problem, subject, detail)
