"""What real servers answer, and what it means: also when the status line says 200."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from kiosk.fhir.answers import of_answer, of_conflict, of_entries, of_status, seconds_from
from kiosk.fhir.capability import WRITTEN, read_capability
from kiosk.fhir.errors import FhirError, FhirReason
from kiosk.fhir.exchange import Answer
from kiosk.fhir.server import FhirSettings
from offline_queue.outcome import Outcome, Park, Pause, Quarantine, Retry

ID = "3dbb2648-8131-57f7-9515-7f20fb7738df"
FHIR = "application/fhir+json"


def entry(id_: str | None = ID) -> dict[str, Any]:
    return {"resource": {"resourceType": "Observation", **({"id": id_} if id_ else {})}}


def response(*entries: dict[str, Any], kind: str = "transaction-response") -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def stored(status: str = "201 Created", location: str = f"Observation/{ID}/_history/1") -> dict[str, Any]:
    return {"response": {"status": status, "location": location}}


def judge(*answers: dict[str, Any], ask: int = 1, id_: str | None = ID) -> tuple[str, ...] | Outcome:
    return of_entries({"entry": [entry(id_)] * ask}, response(*answers), 0)


@pytest.mark.parametrize(
    "location",
    [
        f"Observation/{ID}",
        f"https://server/base/Observation/{ID}/_history/7",
        f"/Observation/{ID}/_history/a",
    ],
)
def test_a_stored_entry_is_known_by_its_location(location: str) -> None:
    assert judge(stored(location=location)) == (f"Observation/{ID}",)


def test_or_by_the_resource_that_comes_back() -> None:
    said = {"resource": {"resourceType": "Observation", "id": ID}, "response": {"status": "200"}}
    assert judge(said) == (f"Observation/{ID}",)


@pytest.mark.parametrize(
    "said",
    [
        stored(location="Observation/other/_history/1"),
        stored(location=f"Patient/{ID}"),
        stored(location=""),
        {"response": {}},
        {"response": "201"},
        {},
    ],
)
def test_anything_that_is_not_our_resource_is_not_delivered(said: dict[str, Any]) -> None:
    assert isinstance(judge(said), Retry)


def test_a_batch_with_refusals_inside_a_200_is_not_delivered() -> None:
    refused = {"response": {"status": "422 Unprocessable Entity"}}
    assert isinstance(judge(stored(), refused, ask=2), Quarantine)
    assert isinstance(judge(stored(), {"response": {"status": "401"}}, refused, ask=3), Pause)
    assert isinstance(judge(stored(), {"response": {"status": "503"}}, ask=2), Retry)
    assert isinstance(judge(stored(), ask=2), Retry)


def test_an_answer_that_is_no_transaction_is_not_delivered() -> None:
    for wrong in ({"resourceType": "Bundle", "type": "searchset"}, {"resourceType": "Patient"}):
        assert isinstance(of_entries({"entry": [entry()]}, wrong, 0), Retry)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [("text/html", b"<html>"), ("application/json", b"{}"), (FHIR, b"<html>"), (FHIR, b"[]"), ("", b"")],
)
def test_a_success_that_is_not_fhir_is_not_delivered(content_type: str, body: bytes) -> None:
    assert isinstance(of_answer(Answer(200, content_type, "", body), 0), Retry)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (404, "Entry 0: conditional reference 'Patient?identifier=x' matched nothing"),
        (404, 'HAPI-1091: Invalid match URL "Patient?identifier=x" - No resources match this search'),
        (400, "HAPI-1094: Resource Patient/1 not found, specified in path: Observation.subject"),
        (400, "Given conditional reference 'Patient?identifier=x' does not resolve to a resource."),
    ],
)
def test_an_unmatched_reference_waits_for_its_parent(status: int, text: str) -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"code": "processing", "diagnostics": text}]}
    assert isinstance(of_status(status, outcome, "", 0), Retry)
    assert isinstance(of_status(status, outcome, "", 99), Park)
    assert isinstance(of_conflict("", 99), Park)


def test_a_reason_never_quotes_the_server() -> None:
    issue = {"code": "invalid", "diagnostics": "TEST-KIOSQUE Dominique", "details": {"text": "1969-05-14"}}
    outcome = of_status(422, {"issue": [issue, {"code": "Dominique TEST"}]}, "", 0)
    assert outcome == Quarantine("HTTP 422 invalid: the server refuses this record")


def test_retry_after_is_seconds_or_a_date() -> None:
    assert seconds_from("120") == 120.0
    assert seconds_from("soon") is None
    assert seconds_from("") is None
    later = seconds_from(format_datetime(datetime.now(UTC) + timedelta(seconds=600), usegmt=True))
    assert later is not None and 500 < later <= 600
    assert seconds_from("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


def statement(*types: str, version: str = "4.0.1") -> dict[str, Any]:
    resources = [{"type": each, "updateCreate": True} for each in types]
    rest = [{"mode": "server", "resource": resources}]
    return {"resourceType": "CapabilityStatement", "fhirVersion": version, "rest": rest}


def test_own_ids_only_where_everything_takes_them() -> None:
    assert read_capability(statement(*WRITTEN)).update_create
    assert not read_capability(statement(*WRITTEN[1:])).update_create
    assert not read_capability({**statement(), "rest": "?"}).update_create


@pytest.mark.parametrize("wrong", [{}, [], statement(version="5.0.0"), {"resourceType": "Patient"}])
def test_what_is_no_r4_server_is_a_fault_of_the_configuration(wrong: Any) -> None:
    with pytest.raises(FhirError) as caught:
        read_capability(wrong)
    assert caught.value.reason is FhirReason.CONFIGURATION


def test_only_https() -> None:
    with pytest.raises(FhirError):
        FhirSettings("http://server/fhir")
