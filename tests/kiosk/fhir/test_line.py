"""The line that breaks on demand obeys its control port: the demonstration depends on it."""

import json
import socket
import urllib.error
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.fhir_faults import FaultyLine, control
from tests.fakes.fhir_server import FhirServer


def tell(port: int, **order: Any) -> Any:
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rwb") as stream:
        stream.write(json.dumps(order).encode() + b"\n")
        stream.flush()
        return json.loads(stream.readline())


def test_cut_restore_and_fault(line: FaultyLine, server: FhirServer, tmp_path: Path) -> None:
    through = FhirServer(line.url, line.ca, server.key, server.process)
    with control(line, 0) as port:
        assert through.get("metadata")["fhirVersion"] == "4.0.1"
        assert tell(port, do="cut") == {"ok": True}
        with pytest.raises(urllib.error.URLError, match="refused"):
            through.get("metadata")
        assert tell(port, do="restore") == {"ok": True}
        assert tell(port, do="fault", what="500", method="GET") == {"ok": True}
        with pytest.raises(urllib.error.HTTPError, match="500") as caught:
            through.get("metadata")
        caught.value.close()
        assert through.get("metadata")["fhirVersion"] == "4.0.1"
        assert not tell(port, do="fault", what="nonsense")["ok"]
        assert not tell(port, do="dance")["ok"]
