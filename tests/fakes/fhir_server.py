"""The real sekmet-fhir over HTTPS, in a process of its own, with its storage in one directory.

`python -m tests.fakes.fhir_server --port N --dir D` prints {"url", "ca"} once it answers, and serves until
it is stopped; standard input may stay closed.
"""

import argparse
import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.rendezvous.tls import self_signed

START_S = 60.0
COUNTED = (
    "Organization", "Location", "Practitioner", "Device", "Patient", "Encounter", "Consent", "Observation",
    "Media", "DocumentReference",
)  # fmt: skip


@dataclass(frozen=True)
class FhirServer:
    """A running server. `url` is the FHIR base; `ca` the file to trust; the key is beside it."""

    url: str
    ca: Path
    key: Path
    process: subprocess.Popen[bytes]

    def get(self, path: str) -> dict[str, Any]:
        """The JSON of one GET below the base."""
        with urllib.request.urlopen(f"{self.url}/{path}", context=self.trust(), timeout=30) as answer:
            document: dict[str, Any] = json.load(answer)
        return document

    def create(self, resource: dict[str, Any]) -> str:
        """What another system would have stored before us; the id that the server gave."""
        request = urllib.request.Request(
            f"{self.url}/{resource['resourceType']}",
            json.dumps(resource).encode(),
            {"Content-Type": "application/fhir+json"},
        )
        with urllib.request.urlopen(request, context=self.trust(), timeout=30) as answer:
            return str(json.load(answer)["id"])

    def count(self, resource_type: str) -> int:
        return int(self.get(f"{resource_type}?_count=1")["total"])

    def counts(self) -> dict[str, int]:
        """How many resources of each type are there."""
        return {each: self.count(each) for each in COUNTED}

    def all(self, resource_type: str) -> list[dict[str, Any]]:
        return [entry["resource"] for entry in self.get(f"{resource_type}?_count=1000").get("entry", [])]

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca))


@contextlib.contextmanager
def fhir_server(directory: Path, port: int = 0, tokens: Sequence[str] = ()) -> Iterator[FhirServer]:
    """Starts the server and waits until it answers. With `tokens` it wants one of them as bearer token."""
    server = _start(directory, port or free_port(), tokens)
    try:
        _wait(server, directory)
        yield server
    finally:
        server.process.terminate()
        server.process.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(directory: Path, port: int, tokens: Sequence[str]) -> FhirServer:
    directory.mkdir(parents=True, exist_ok=True)
    certificate, key = self_signed(directory, ["localhost", "127.0.0.1"])
    url = f"https://127.0.0.1:{port}/fhir"
    settings = directory / "settings.yaml"
    settings.write_text(json.dumps(_settings(directory, url, tokens)))  # JSON is YAML
    command = [sys.executable, "-m", "uvicorn", "--factory", "sekmet.main:create_app", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--ssl-certfile", str(certificate), "--ssl-keyfile", str(key)]
    command += ["--log-level", "warning"]
    with (directory / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=directory,
            env={**os.environ, "SEKMET_CONFIG": str(settings)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    return FhirServer(url, certificate, key, process)


def _settings(directory: Path, url: str, tokens: Sequence[str]) -> dict[str, Any]:
    auth = {"types": ["bearer"], "tokens": list(tokens)} if tokens else {"types": ["none"]}
    return {
        "base_url": url,
        "data_dir": str(directory),
        "server_auth": auth,
        "simulator": {"enabled": False},
        "log_inbound": False,
    }


def _wait(server: FhirServer, directory: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            server.get("metadata")
        except urllib.error.URLError:
            time.sleep(0.2)
        else:
            return
    server.process.terminate()
    server.process.wait(20)
    raise RuntimeError(f"the FHIR server did not start:\n{(directory / 'server.log').read_text()[-2000:]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--dir", type=Path, required=True)
    options = parser.parse_args()
    with fhir_server(options.dir.resolve(), options.port) as server:
        print(json.dumps({"url": server.url, "ca": str(server.ca)}), flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.process.wait()


def stop_on_terminate() -> None:
    """Lets `finally` run when the process is asked to end."""
    import signal

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


if __name__ == "__main__":
    stop_on_terminate()
    main()
