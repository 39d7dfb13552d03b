"""The FHIR server as the client sees it: the few requests that we make."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kiosk.fhir.answers import FHIR_JSON, of_answer
from kiosk.fhir.capability import Capability, read_capability
from kiosk.fhir.errors import FhirError, FhirReason
from kiosk.fhir.exchange import Answer, Limits, exchange
from kiosk.fhir.naming import BASE
from kiosk.fhir.wire import Json, to_json
from offline_queue.outcome import Outcome

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FhirSettings:
    """`base_url` is HTTPS. `token_file` holds a bearer token, read again when the server refuses it.

    `timeout_s` is for one whole exchange, from the connection to the last byte of the answer. `cert_file` and
    `key_file` (PEM; the key may be in the first one): mutual TLS.
    """

    base_url: str
    token_file: Path | None = None
    ca_file: Path | None = None
    timeout_s: float = 20.0
    identifier_base: str = BASE
    answer_bytes: int = 16 * _MEBIBYTE
    cert_file: Path | None = None
    key_file: Path | None = None

    def __post_init__(self) -> None:
        if not self.base_url.startswith("https://"):
            raise FhirError(
                FhirReason.CONFIGURATION, "the address of the FHIR server must begin with https://"
            )


class Undelivered(Exception):
    """An answer that ends the attempt."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


class FhirServer:
    """Blocking, for several threads. Raises Undelivered, or FhirError when there is no answer."""

    def __init__(self, settings: FhirSettings) -> None:
        self._base = settings.base_url.rstrip("/")
        self._limits = Limits(
            settings.timeout_s, settings.answer_bytes, settings.ca_file, settings.cert_file, settings.key_file
        )
        self._token_file = settings.token_file
        self._token: str | None = None
        self._capability: Capability | None = None
        self._asking = threading.Lock()

    def capability(self) -> Capability:
        """Asked once, as soon as the server answers."""
        with self._asking:
            if self._capability is None:
                self._capability = read_capability(self._resource("GET", "/metadata", None, 0))
            return self._capability

    def transact(self, bundle: Json, attempts: int) -> Json:
        return self._resource("POST", "", to_json(bundle), attempts)

    def read(self, resource_type: str, id_: str) -> Json:
        return self._resource("GET", f"/{resource_type}/{id_}", None, 0)

    def find(self, resource_type: str, system: str, value: str) -> list[str]:
        """The ids of all resources with this identifier, sorted."""
        token = quote(f"{system}|{_escaped(value)}", safe="")
        bundle = self._resource("GET", f"/{resource_type}?identifier={token}&_count=10", None, 0)
        entries = bundle.get("entry")
        found = [_resource(each) for each in entries] if isinstance(entries, list) else []
        return sorted(r["id"] for r in found if _is_match(r, resource_type, system, value))

    def _resource(self, method: str, path: str, body: bytes | None, attempts: int) -> Json:
        answer = self._exchange(method, path, body)
        if answer.status == 401 and self._token_is_new():
            answer = self._exchange(method, path, body)
        meaning = of_answer(answer, attempts)
        if not isinstance(meaning, dict):
            raise Undelivered(meaning)
        return meaning

    def _exchange(self, method: str, path: str, body: bytes | None) -> Answer:
        headers = {"Accept": FHIR_JSON, "Content-Type": FHIR_JSON, "Prefer": "return=minimal"}
        if self._token is None:
            self._token = _read_token(self._token_file)
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        return exchange(method, self._base + path, headers, body, self._limits)

    def _token_is_new(self) -> bool:
        before, self._token = self._token, _read_token(self._token_file)
        return self._token != before


def _read_token(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise FhirError(FhirReason.CONFIGURATION, f"the token file cannot be read: {path}") from error


def _escaped(value: str) -> str:
    """Characters that mean something in a FHIR search value (R4, 3.1.1.3.2)."""
    for special in "\\,|$":
        value = value.replace(special, "\\" + special)
    return value


def _resource(entry: Any) -> Json:
    resource = entry.get("resource") if isinstance(entry, dict) else None
    return resource if isinstance(resource, dict) else {}


def _is_match(resource: Json, resource_type: str, system: str, value: str) -> bool:
    """Servers are known to ignore a parameter that they do not support, and to answer with everything."""
    if resource.get("resourceType") != resource_type:
        return False
    identifiers = resource.get("identifier")
    every = identifiers if isinstance(identifiers, list) else [identifiers]
    has_it = any(isinstance(i, dict) and (i.get("system"), i.get("value")) == (system, value) for i in every)
    return has_it and isinstance(resource.get("id"), str)
