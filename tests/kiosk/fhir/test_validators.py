"""Every bundle that the kiosk can send passes two independent validators."""

import json
import subprocess
from pathlib import Path
from typing import Any

import fhirkit
import pytest

from kiosk.fhir.mapping import bundle_for
from kiosk.fhir.naming import Naming
from kiosk.fhir.wire import to_json
from tests.kiosk.fhir.items import whole_session

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-validate" / "bin" / "python"


def bundles(own_ids: bool, binaries: bool = False) -> list[bytes]:
    naming = Naming(own_ids=own_ids, binaries=binaries)
    return [to_json(bundle_for(item.kind, item.payload, naming)) for item in whole_session("validated")]


def google(documents: list[bytes]) -> list[str]:
    """What google-fhir-r4 says of each; its environment is made by `./run test`."""
    assert PYTHON.exists(), f"{PYTHON} is missing: run `./run test` once, it creates this environment"
    script = ROOT / "tests" / "fakes" / "google_validate.py"
    ran = subprocess.run(
        [PYTHON, script], input=json.dumps([d.decode() for d in documents]), capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    verdicts: list[str] = json.loads(ran.stdout)
    return verdicts


def rust(document: bytes) -> list[str]:
    return [str(issue) for issue in fhirkit.validate(document) if issue.severity == "error"]


@pytest.mark.parametrize(("own_ids", "binaries"), [(True, True), (True, False), (False, False)])
def test_both_validators_accept_everything(own_ids: bool, binaries: bool) -> None:
    documents = bundles(own_ids, binaries)
    assert len(documents) == 9
    assert [rust(d) for d in documents] == [[]] * 9
    assert google(documents) == [""] * 9


def test_both_validators_would_notice() -> None:
    broken: dict[str, Any] = json.loads(bundles(True)[2])
    del broken["entry"][1]["resource"]["status"]
    document = json.dumps(broken).encode()
    assert rust(document)
    assert google([document]) != [""]
