"""The rules of the settings' section [fhir]. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kiosk.fhir.assertion import SCOPE, OAuthClient


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FhirConfig:
    """Where the record goes. `cert_file` and `key_file`: what the kiosk shows to a server that asks.

    `token_url` and the four after it: a token server gives the tokens (docs/security.md), not `token_file`.
    """

    base_url: str
    token_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    timeout_s: float = 20.0
    identifier_base: str = "https://kiosk.example.org/fhir/sid"
    token_url: str = ""
    client_id: str = ""
    client_key_file: Path | None = None
    client_key_id: str = ""
    scope: str = SCOPE

    def client(self) -> OAuthClient | None:
        """None: no token server is asked."""
        if not self.token_url or self.client_key_file is None:
            return None
        return OAuthClient(
            self.token_url, self.client_id, self.client_key_file, self.client_key_id, self.scope
        )

    def faults(self) -> Iterator[tuple[str, str]]:
        """Key and what is wrong with it."""
        if not self.base_url.startswith("https://"):
            yield "base_url", "must begin with https://"
        if self.key_file is not None and self.cert_file is None:
            yield "key_file", "needs fhir.cert_file"
        yield from self._client_faults() if self.token_url else self._useless()

    def _client_faults(self) -> Iterator[tuple[str, str]]:
        if not self.token_url.startswith("https://"):
            yield "token_url", "must begin with https://"
        if self.token_file is not None:
            yield "token_file", "cannot be used beside fhir.token_url"
        if not self.client_id:
            yield "client_id", "is missing: fhir.token_url needs it"
        if self.client_key_file is None:
            yield "client_key_file", "is missing: fhir.token_url needs it"

    def _useless(self) -> Iterator[tuple[str, str]]:
        for key in ("client_id", "client_key_file", "client_key_id"):
            if getattr(self, key):
                yield key, "is of no use without fhir.token_url"
        if self.scope != SCOPE:
            yield "scope", "is of no use without fhir.token_url"
