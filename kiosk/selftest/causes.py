"""One fault, one red line: what fails only because another part does is not blamed. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kiosk.selftest.report import Check, Part, Problem, Verdict

_LINE = {(part, Problem.UNREACHABLE) for part in (Part.FHIR, Part.RENDEZVOUS, Part.TURN)}
_CLOCK = {(part, Problem.CERTIFICATE) for part in (Part.FHIR, Part.RENDEZVOUS, Part.TURN)}

_BEHIND: Mapping[Part, set[tuple[Part, Problem]]] = {
    Part.LINE: _LINE,
    # All of these carry a date: certificates, relay credentials, and what a token server is shown.
    Part.CLOCK: _CLOCK | {(part, Problem.CREDENTIAL_REFUSED) for part in (Part.TURN, Part.FHIR)},
    Part.DISK: {(Part.STORE, Problem.NEARLY_FULL), (Part.STORE, Problem.NOT_WORKING)},
    Part.KEY: {(Part.STORE, Problem.WRONG_KEY_OR_DAMAGED)},  # a key that others can read is not taken
    Part.MICROPHONE: {(Part.SPEAKER, Problem.NOT_HEARD)},
}


def name_once(checks: Iterable[Check]) -> tuple[Check, ...]:
    """The same checks; a red one that another red one explains says only which part to mend first."""
    known = tuple(checks)
    causes = [check.part for check in known if check.verdict is Verdict.RED]
    return tuple(_excused(check, causes) for check in known)


def after(check: Check, cause: Part) -> Check:
    """Not checked: `cause` comes first."""
    return replace(check, verdict=Verdict.SKIPPED, problem=Problem.MEND_FIRST, because=cause)


def _excused(check: Check, causes: list[Part]) -> Check:
    if check.verdict is not Verdict.RED:
        return check
    behind = (cause for cause in causes if (check.part, check.problem) in _BEHIND.get(cause, ()))
    return next((after(check, cause) for cause in behind), check)
