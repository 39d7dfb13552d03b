"""One real FHIR server for all tests of delivery, and a line to it that breaks on demand."""

from collections.abc import AsyncIterator, Iterator

import pytest

from kiosk.fhir.client import FhirSender
from kiosk.fhir.server import FhirSettings
from tests.fakes.fhir_faults import FaultyLine
from tests.fakes.fhir_server import FhirServer, fhir_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FhirServer]:
    with fhir_server(tmp_path_factory.mktemp("sekmet")) as running:
        yield running


@pytest.fixture
def line(server: FhirServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyLine]:
    with FaultyLine(server.url, server.ca, tmp_path_factory.getbasetemp() / "line") as running:
        yield running


@pytest.fixture
async def sender(line: FaultyLine) -> AsyncIterator[FhirSender]:
    """Through the line that breaks; the server takes our ids."""
    sending = FhirSender(FhirSettings(line.url, ca_file=line.ca, timeout_s=30.0))
    yield sending
    await sending.close()


@pytest.fixture
async def hasty(line: FaultyLine) -> AsyncIterator[FhirSender]:
    """The same, but it waits for no answer longer than a moment."""
    sending = FhirSender(FhirSettings(line.url, ca_file=line.ca, timeout_s=1.5))
    yield sending
    await sending.close()


@pytest.fixture(params=["own ids", "conditional creates"])
def mode(request: pytest.FixtureRequest, line: FaultyLine) -> str:
    """Both ways to exactly once; the second on a server that does not take our ids."""
    line.hide_update_create = request.param == "conditional creates"
    return str(request.param)
