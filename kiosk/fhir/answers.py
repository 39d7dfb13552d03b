"""What an answer means for the item that was sent. Reasons never quote a server: it might quote the patient.

| answer | outcome |
|---|---|
| 408, 423, 425, 429, 5xx, a redirect | retry, later than Retry-After says |
| 401, 403 | pause: the credential |
| 404, 405, 406, 415, 421, 426, 431 | pause: the configuration |
| 409, 412, a reference that matches nothing | retry some times, then park |
| of one entry: 403, the configuration | as a conflict: the server takes others, this one rests |
| any other 4xx | quarantine |
| a success that is not FHIR, or not ours | retry: not delivered (captive portal) |
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from kiosk.fhir.errors import FhirError, FhirReason
from kiosk.fhir.exchange import Answer
from kiosk.fhir.wire import Json, from_json
from offline_queue.outcome import Outcome, Park, Pause, Quarantine, Retry

FHIR_JSON = "application/fhir+json"
TRIES_BEFORE_PARKING = 6

_TRANSIENT = frozenset({408, 423, 425, 429})
_CREDENTIAL = frozenset({401, 403})
_CONFIGURATION = frozenset({404, 405, 406, 415, 421, 426, 431})
_CONFLICT = frozenset({409, 412})
# How sekmet, HAPI, Azure and Medplum say that a reference found nothing; the status differs (400, 404, 422).
_UNMATCHED = re.compile(
    r"conditional reference|match url|no resources match|not found, specified in path|did not match any", re.I
)
_CODE = re.compile(r"[a-z-]{1,40}")
_LOCATION = re.compile(r"(?:^|/)([A-Za-z]+)/([A-Za-z0-9.-]{1,64})(?:/_history/[^/]+)?$")
_RESPONSES = ("transaction-response", "batch-response")
_SEVERITY: tuple[type[Outcome], ...] = (Pause, Quarantine, Park, Retry)


class Undelivered(Exception):
    """An answer that ends the attempt."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


def is_transient(status: int) -> bool:
    """The line or the server is in trouble; a redirect is a portal's."""
    return status in _TRANSIENT or status >= 500 or status < 400


def of_status(status: int, outcome: Any, retry_after: str, attempts: int) -> Outcome:
    """For a status that is no success. `outcome`: the OperationOutcome, if the server sent one."""
    reason = f"HTTP {status}{_issue_codes(outcome)}"
    if is_transient(status):
        return Retry(reason, seconds_from(retry_after))
    if status in _CREDENTIAL:
        return Pause(f"{reason}: the server refuses the credential")
    if status in _CONFLICT or _is_unmatched(outcome):
        return of_conflict(f"{reason}: a reference is missing or in conflict", attempts)
    if status in _CONFIGURATION:
        return Pause(f"{reason}: the server's address or settings are wrong")
    return Quarantine(f"{reason}: the server refuses this record")


def of_conflict(reason: str, attempts: int) -> Outcome:
    return Retry(reason) if attempts < TRIES_BEFORE_PARKING else Park(reason)


def of_error(error: FhirError, ambiguous_after_s: float | None) -> Outcome:
    """For what stopped the mapping or the exchange before any answer."""
    match error.reason:
        case FhirReason.NOT_REACHED:
            return Retry(str(error))
        case FhirReason.NO_ANSWER | FhirReason.TOO_LONG | FhirReason.TOO_BIG:
            return Retry(str(error), ambiguous_after_s)
        case FhirReason.CONFIGURATION:
            return Pause(str(error))
    return Quarantine(f"{error.reason.value}: this record cannot be sent")


def of_answer(answer: Answer, attempts: int) -> Json | Outcome:
    """The FHIR resource of a successful answer, else what it means."""
    is_fhir = answer.content_type == FHIR_JSON
    document = _document(answer) if is_fhir else None
    if not 200 <= answer.status < 300:
        return of_status(answer.status, document, answer.retry_after, attempts)
    if document is None:
        return Retry(f"HTTP {answer.status} with {answer.content_type[:40] or 'no type'}: not a FHIR answer")
    return document


def of_entries(bundle: Json, response: Json, attempts: int) -> tuple[str, ...] | Outcome:
    """`Type/id` of every entry when all were stored, under our ids where we gave them; else what it means."""
    requested, entries = bundle["entry"], response.get("entry")
    if response.get("type") not in _RESPONSES or not isinstance(entries, list):
        return Retry("the answer is not that of a transaction")
    if len(entries) != len(requested):
        return Retry(f"{len(entries)} answers to {len(requested)} entries")
    answers = [_of_entry(*pair, attempts) for pair in zip(requested, entries, strict=True)]
    stored = tuple(each for each in answers if isinstance(each, str))
    failed = [each for each in answers if not isinstance(each, str)]
    return worst(failed) if failed else stored


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    return min(outcomes, key=lambda outcome: _SEVERITY.index(type(outcome)))


def _of_entry(requested: Json, answered: Any, attempts: int) -> str | Outcome:
    response = answered.get("response") if isinstance(answered, dict) else None
    if not isinstance(response, dict) or not (status := re.match(r"\d{3}", str(response.get("status")))):
        return Retry("an entry without a status")
    if not 200 <= (code := int(status[0])) < 300:
        outcome = response.get("outcome")
        if (code in _CONFIGURATION or code == 403) and not _is_unmatched(outcome):
            reason = f"HTTP {code}{_issue_codes(outcome)}: the server does not take this resource"
            return of_conflict(reason, attempts)
        return of_status(code, outcome, "", attempts)
    kind, own_id = requested["resource"]["resourceType"], requested["resource"].get("id")
    stored = _stored(response, answered.get("resource"))
    if stored is None or stored[0] != kind or (own_id is not None and stored[1] != own_id):
        return Retry(f"the answer names another {kind}, or none")
    return "/".join(stored)


def _stored(response: Json, resource: Any) -> tuple[str, str] | None:
    if found := _LOCATION.search(str(response.get("location", ""))):
        return found[1], found[2]
    if isinstance(resource, dict) and isinstance(resource.get("id"), str):
        return str(resource.get("resourceType")), resource["id"]
    return None


def seconds_from(retry_after: str) -> float | None:
    """Seconds or an HTTP date (RFC 9110, 10.2.3); None when there is no telling."""
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _document(answer: Answer) -> Json | None:
    try:
        document = from_json(answer.body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _issues(outcome: Any) -> list[Json]:
    issues = outcome.get("issue") if isinstance(outcome, dict) else None
    return [each for each in issues if isinstance(each, dict)] if isinstance(issues, list) else []


def _issue_codes(outcome: Any) -> str:
    codes = {str(issue.get("code")) for issue in _issues(outcome)}
    return "".join(f" {code}" for code in sorted(codes) if _CODE.fullmatch(code))


def _is_unmatched(outcome: Any) -> bool:
    details = (issue.get("details") for issue in _issues(outcome))
    texts = [str(each.get("text", "")) for each in details if isinstance(each, dict)]
    texts += [str(issue.get("diagnostics", "")) for issue in _issues(outcome)]
    return any(_UNMATCHED.search(text) for text in texts)
