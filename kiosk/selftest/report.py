"""A self-test report: a verdict per part, the part by name, and what is wrong. Sentences live in `ui/`."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum


class Verdict(StrEnum):
    GREEN = "green"
    AMBER = "amber"  # works, but somebody should know
    RED = "red"


class Part(StrEnum):
    """The parts of a kiosk. `subject` of a check names the instrument or device in hand."""

    STORE = "store"
    KEY = "key"
    DISK = "disk"
    CLOCK = "clock"
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
    OTOSCOPE = "otoscope"
    STETHOSCOPE = "stethoscope"
    UNKNOWN = "unknown"


class Problem(StrEnum):
    """What is wrong with a part, as a reason that becomes a sentence with what to do."""

    NONE = "none"
    NOT_FOUND = "not_found"
    NOT_SEEN_YET = "not_seen_yet"  # it shows itself only after a measurement
    NOT_WORKING = "not_working"
    IN_USE = "in_use"
    WRONG_KEY_OR_DAMAGED = "wrong_key_or_damaged"
    KEY_READABLE_BY_OTHERS = "key_readable_by_others"
    KEY_NOT_IN_TPM = "key_not_in_tpm"
    RECORDS_REFUSED = "records_refused"
    NEARLY_FULL = "nearly_full"
    WRONG_TIME = "wrong_time"
    UNREACHABLE = "unreachable"
    NOT_FHIR = "not_fhir"
    CREDENTIAL_REFUSED = "credential_refused"
    SERVER_MISSING = "server_missing"


@dataclass(frozen=True, slots=True)
class Check:
    part: Part
    verdict: Verdict
    problem: Problem = Problem.NONE
    subject: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    checks: tuple[Check, ...]

    @property
    def red(self) -> bool:
        return any(c.verdict is Verdict.RED for c in self.checks)

    def to_json(self) -> str:
        """For machines: {"verdict": ..., "checks": [...]}; no patient data by construction."""
        worst = Verdict.RED if self.red else Verdict.GREEN
        return json.dumps({"verdict": worst, "checks": [asdict(c) for c in self.checks]}, indent=2)


def green(part: Part, subject: str = "", detail: str = "") -> Check:
    return Check(part, Verdict.GREEN, Problem.NONE, subject, detail)


def amber(part: Part, problem: Problem, subject: str = "", detail: str = "") -> Check:
    return Check(part, Verdict.AMBER, problem, subject, detail)


def red(part: Part, problem: Problem, subject: str = "", detail: str = "") -> Check:
    return Check(part, Verdict.RED, problem, subject, detail)
