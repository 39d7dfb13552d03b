"""How an access token is asked for, and what a token server's answer means (RFC 6749, 4.4 and 5). Pure.

Reasons name the server's error code (RFC 6749, 5.2), never its own words: it might quote what we showed.

| answer | meaning |
|---|---|
| 408, 423, 425, 429, 5xx, a redirect | retry, later than Retry-After says |
| 400, 401, 403 | pause: the credential |
| any other 4xx | pause: the configuration |
| a success without a bearer token | retry: not a token server's (captive portal) |
"""

import re
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from kiosk.fhir.answers import is_transient, seconds_from
from kiosk.fhir.assertion import OAuthClient, make_assertion
from kiosk.fhir.exchange import Answer
from kiosk.fhir.wire import Json, from_json
from offline_queue.outcome import Pause, Retry

_JSON = "application/json"
TOKEN_HEADERS = {"Accept": _JSON, "Content-Type": "application/x-www-form-urlencoded"}
REFUSED = frozenset({400, 401, 403})

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_BEARER = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, 2.1: anything else has no place in a header
_CODE = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_LIFE_S = 300.0  # what SMART recommends at most, for a server that does not say
_KEPT = 0.9  # of a token's life: a request takes time to arrive


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """`kept_s`: for how long it is used, from when it was asked for."""

    text: str
    kept_s: float


def token_request(client: OAuthClient) -> bytes:
    """The form, good for one time. Raises FhirError (CONFIGURATION) when the key cannot be used."""
    form = {
        "grant_type": "client_credentials",
        "client_id": client.client_id,  # optional (RFC 7521, 4.2), but some servers want it
        "client_assertion_type": _ASSERTION_TYPE,
        "client_assertion": make_assertion(client, time.time()),
    }
    return urlencode({**form, "scope": client.scope} if client.scope else form).encode("ascii")


def of_token_answer(answer: Answer) -> Token | Pause | Retry:
    told = _object(answer)
    reason = f"token server: HTTP {answer.status}{_code(told)}"
    if 200 <= answer.status < 300:
        return _token(told) or Retry(f"{reason} without a bearer token")
    if is_transient(answer.status):
        return Retry(reason, seconds_from(answer.retry_after))
    if answer.status in REFUSED:
        return Pause(f"{reason}: it refuses the kiosk's credential")
    return Pause(f"{reason}: its address or settings are wrong")


def _token(told: Json) -> Token | None:
    text, kind = told.get("access_token"), told.get("token_type")
    if not isinstance(kind, str) or kind.lower() != "bearer":  # not case-sensitive (RFC 6749, 5.1)
        return None
    if not isinstance(text, str) or not _BEARER.fullmatch(text):
        return None
    return Token(text, _KEPT * _life_s(told.get("expires_in")))


def _life_s(expires_in: Any) -> float:
    """Some servers put the number in quotes, some say nothing."""
    text = str(expires_in)
    return float(text) if _SECONDS.fullmatch(text) else _LIFE_S


def _object(answer: Answer) -> Json:
    if answer.content_type != _JSON:
        return {}
    try:
        told = from_json(answer.body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _code(told: Json) -> str:
    code = told.get("error")
    return f" {code}" if isinstance(code, str) and _CODE.fullmatch(code) else ""
