"""The FHIR server as the client sees it: the few requests that we make."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kiosk.fhir.answers import FHIR_JSON, Undelivered, of_answer
from kiosk.fhir.assertion import OAuthClient
from kiosk.fhir.bearer import Bearer, GivenToken, TokenFile
from kiosk.fhir.capability import Capability, read_capability
from kiosk.fhir.errors import FhirError, FhirReason
from kiosk.fhir.exchange import Answer, Limits, exchange
from kiosk.fhir.kept_sessions import KeptSessions
from kiosk.fhir.naming import BASE, TAG
from kiosk.fhir.wire import Json, to_json

__all__ = ["FhirServer", "FhirSettings", "Undelivered"]

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FhirSettings:
    """`base_url` is HTTPS. `token_file` holds a bearer token, read again when the server refuses it; with
    `client` a token server gives one instead.

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
    client: OAuthClient | None = None

    def __post_init__(self) -> None:
        if not self.base_url.startswith("https://"):
            raise FhirError(
                FhirReason.CONFIGURATION, "the address of the FHIR server must begin with https://"
            )


class FhirServer:
    """Blocking, for several threads. Raises Undelivered, or FhirError when there is no answer."""

    def __init__(self, settings: FhirSettings) -> None:
        self._base = settings.base_url.rstrip("/")
        self._limits = Limits(
            settings.timeout_s, settings.answer_bytes, settings.ca_file, settings.cert_file, settings.key_file
        )
        self._kept = KeptSessions()
        self._bearer: Bearer = TokenFile(settings.token_file)
        if settings.client is not None:
            self._bearer = GivenToken(settings.client, self._limits)
        self._capability: Capability | None = None
        self._asking = threading.Lock()

    def close(self) -> None:
        """Its idle connections; it may be used on."""
        self._kept.close()

    def capability(self) -> Capability:
        """Asked once, as soon as the server answers."""
        with self._asking:
            if self._capability is None:
                self._capability = read_capability(self._resource("GET", "/metadata", None, 0))
            return self._capability

    def forget_capability(self) -> None:
        """It is asked again before the next record."""
        with self._asking:
            self._capability = None

    def transact(self, bundle: Json, attempts: int) -> Json:
        return self._resource("POST", "", to_json(bundle), attempts)

    def read(self, resource_type: str, id_: str) -> Json:
        return self._resource("GET", f"/{resource_type}/{id_}", None, 0)

    def find(self, resource_type: str, by: str, system: str, value: str) -> list[str]:
        """The ids of all resources with this identifier (or, `by` TAG, this tag), sorted."""
        found, _ = self._search(self._question(resource_type, by, system, value), by, system, value)
        return sorted(resource["id"] for resource in found)

    def newest(self, resource_type: str, by: str, system: str, value: str, pages: int) -> list[Json]:
        """The resources that were written last, ten a page."""
        path = f"{self._question(resource_type, by, system, value)}&_sort=-_lastUpdated"
        every: list[Json] = []
        for _ in range(pages):
            found, path = self._search(path, by, system, value)
            every += found
            if not path:
                break
        return every

    def _question(self, resource_type: str, by: str, system: str, value: str) -> str:
        token = quote(f"{system}|{_escaped(value)}", safe="")
        return f"/{resource_type}?{by}={token}&_count=10"

    def _search(self, path: str, by: str, system: str, value: str) -> tuple[list[Json], str]:
        """What is on one page, and where the next one is ("" when there is none on this server)."""
        bundle = self._resource("GET", path, None, 0)
        resource_type = path[1:].partition("?")[0]
        found = [_resource(each) for each in _list(bundle.get("entry"))]
        nexts = [str(each.get("url")) for each in _list(bundle.get("link")) if each.get("relation") == "next"]
        ours = [
            url.removeprefix(self._base) for url in nexts if url.startswith(f"{self._base}/{resource_type}?")
        ]
        matching = [each for each in found if _is_match(each, resource_type, by, system, value)]
        return matching, ours[0] if ours else ""

    def has(self, resource_type: str, id_: str) -> bool:
        """Also what was deleted there on purpose (410): it is not lost."""
        answer = self._asked("GET", f"/{resource_type}/{id_}", None)
        if answer.content_type == FHIR_JSON and answer.status in (404, 410):
            return answer.status == 410
        if not isinstance(meaning := of_answer(answer, 0), dict):
            raise Undelivered(meaning)
        return True

    def _resource(self, method: str, path: str, body: bytes | None, attempts: int) -> Json:
        answer = self._asked(method, path, body)
        meaning = of_answer(answer, attempts)
        if not isinstance(meaning, dict):
            raise Undelivered(meaning)
        return meaning

    def _asked(self, method: str, path: str, body: bytes | None) -> Answer:
        token = self._bearer.token()
        answer = self._exchange(method, path, body, token)
        if answer.status in (401, 403) and (renewed := self._bearer.instead_of(token)) is not None:
            answer = self._exchange(method, path, body, renewed)
        return answer

    def _exchange(self, method: str, path: str, body: bytes | None, token: str) -> Answer:
        headers = {"Accept": FHIR_JSON, "Content-Type": FHIR_JSON, "Prefer": "return=minimal"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return exchange(method, self._base + path, headers, body, self._limits, self._kept)


def _escaped(value: str) -> str:
    """Characters that mean something in a FHIR search value (R4, 3.1.1.3.2)."""
    for special in "\\,|$":
        value = value.replace(special, "\\" + special)
    return value


def _resource(entry: Json) -> Json:
    resource = entry.get("resource")
    return resource if isinstance(resource, dict) else {}


def _list(value: Any) -> list[Json]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _is_match(resource: Json, resource_type: str, by: str, system: str, value: str) -> bool:
    """Servers are known to ignore a parameter that they do not support, and to answer with everything."""
    if resource.get("resourceType") != resource_type or not isinstance(resource.get("id"), str):
        return False
    meta = resource.get("meta")
    tags = meta.get("tag") if isinstance(meta, dict) else None
    held, name = (tags, "code") if by == TAG else (resource.get("identifier"), "value")
    every = held if isinstance(held, list) else [held]
    return any(
        isinstance(each, dict) and (each.get("system"), each.get(name)) == (system, value) for each in every
    )
