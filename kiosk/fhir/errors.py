"""The one error type of this package."""

from enum import StrEnum


class FhirReason(StrEnum):
    """Why a record cannot become a FHIR bundle, or what stopped an exchange with the server."""

    BAD_RECORD = "bad_record"
    NO_CONSENT = "no_consent"
    NOT_CLOSED = "not_closed"
    UNKNOWN_METRIC = "unknown_metric"
    INCOMPLETE_SITE = "incomplete_site"
    CONFIGURATION = "configuration"
    NOT_REACHED = "not_reached"  # the request cannot have been processed
    NO_ANSWER = "no_answer"  # the request may have been processed: ambiguous
    TOO_LONG = "too_long"  # the whole exchange took longer than it may: ambiguous
    TOO_BIG = "too_big"  # the answer is larger than it may be: ambiguous


class FhirError(Exception):
    """Raised by the mapping and by the exchange; the client turns it into an outcome."""

    def __init__(self, reason: FhirReason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail
