"""What the kiosk shows to be let in: a token from a file, or one that a token server gives."""

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from kiosk.fhir.answers import Undelivered
from kiosk.fhir.assertion import OAuthClient
from kiosk.fhir.errors import FhirError, FhirReason
from kiosk.fhir.exchange import Limits, exchange
from kiosk.fhir.token_request import TOKEN_HEADERS, Token, of_token_answer, token_request
from offline_queue.outcome import Pause, Retry

_ANSWER_BYTES = 65536


class Bearer(Protocol):
    """For several threads. Raises FhirError (CONFIGURATION); Undelivered when no token can be had now."""

    def token(self) -> str:
        """Empty: none is wanted."""
        ...

    def instead_of(self, refused: str) -> str | None:
        """Another one, once the server has refused this one; None: there is no other."""
        ...


class TokenFile:
    """Read again when the server refuses what was in it. Without a path no token is wanted."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._token: str | None = None

    def token(self) -> str:
        if self._token is None:
            self._token = _read(self._path)
        return self._token

    def instead_of(self, refused: str) -> str | None:
        self._token = token = _read(self._path)
        return token if token != refused else None


class GivenToken:
    """Asked for when there is none, shortly before it expires, and when the server has refused it.

    One thread asks; who waited for that takes what came of it, a failure too.
    """

    def __init__(self, client: OAuthClient, limits: Limits) -> None:
        self._client = client
        self._limits = replace(limits, answer_bytes=_ANSWER_BYTES)
        self._asking = threading.Lock()
        self._came: Token | Pause | Retry = Retry("token server: not asked yet")
        self._until_s = 0.0
        self._times = 0

    def token(self) -> str:
        return self._other_than("")

    def instead_of(self, refused: str) -> str:
        return self._other_than(refused)

    def _other_than(self, refused: str) -> str:
        before = self._times
        with self._asking:
            failed_meanwhile = self._times != before and not isinstance(self._came, Token)
            if not failed_meanwhile and not self._is_good(refused):
                self._renew()
            if isinstance(self._came, Token):
                return self._came.text
            raise Undelivered(self._came)

    def _is_good(self, refused: str) -> bool:
        came = self._came
        return isinstance(came, Token) and came.text != refused and time.monotonic() < self._until_s

    def _renew(self) -> None:
        asked_s = time.monotonic()
        self._came = came = self._ask()
        self._until_s = asked_s + came.kept_s if isinstance(came, Token) else asked_s
        self._times += 1

    def _ask(self) -> Token | Pause | Retry:
        body = token_request(self._client)
        try:
            answer = exchange("POST", self._client.token_url, TOKEN_HEADERS, body, self._limits)
        except FhirError as error:
            if error.reason is FhirReason.CONFIGURATION:
                raise
            return Retry(f"token server: {error}")  # nothing went to the FHIR server: not ambiguous
        return of_token_answer(answer)


def _read(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise FhirError(FhirReason.CONFIGURATION, f"the token file cannot be read: {path}") from error
