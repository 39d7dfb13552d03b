"""One HTTPS request and its answer, bounded as a whole: time, size; no redirects, no environment.

`requests` bounds each read only: an answer that drips a byte a second lasts for ever. Here a watchdog cuts
the connection of the exchange at its deadline (`watched.py`), and the look-up of the name has that long.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path

import requests
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

from kiosk.fhir.errors import FhirError, FhirReason
from kiosk.fhir.kept_sessions import KeptSessions
from kiosk.fhir.watched import Watchdog, WatchedAdapter

_CHUNK_BYTES = 65536
_SLOWEST_BPS = 64_000  # what a sound may be sent at while a call has the line


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one exchange, look-up, connection and TLS included; a long body (a sound) gets the time that it
    takes at `_SLOWEST_BPS` on top. `ca_file`: the one authority to trust. `cert_file`: our certificate
    (PEM), with its key or without."""

    timeout_s: float
    answer_bytes: int
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`content_type` without parameters, in lower case."""

    status: int
    content_type: str
    retry_after: str
    body: bytes


def exchange(
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes | None,
    limits: Limits,
    kept: KeptSessions | None = None,
) -> Answer:
    """Raises FhirError: NOT_REACHED when the server cannot have seen it; the other reasons are ambiguous.

    `kept`: from earlier exchanges with the same `limits`; without it the connection is for this one alone.
    """
    watchdog, limits = Watchdog(), _with_time_for(body, limits)
    with watchdog.cutting_after(limits.timeout_s), _session_of(kept, limits) as session:
        try:
            answer = _answer(session, method, url, headers, body, limits)
        except (requests.RequestException, HTTPError, OSError) as error:
            if (reason := _reason(error)) is not FhirReason.NOT_REACHED:
                _check(watchdog, limits)
            raise FhirError(reason, type(error).__name__) from error
        _check(watchdog, limits)  # an answer that was cut can look complete
        return answer


def _check(watchdog: Watchdog, limits: Limits) -> None:
    """Raises FhirError (TOO_LONG) when the exchange was cut."""
    if watchdog.has_cut:
        raise FhirError(FhirReason.TOO_LONG, f"{limits.timeout_s:g} s")


def _with_time_for(body: bytes | None, limits: Limits) -> Limits:
    beyond = max(0, len(body or b"") - _CHUNK_BYTES)
    return replace(limits, timeout_s=limits.timeout_s + beyond * 8 / _SLOWEST_BPS)


@contextlib.contextmanager
def _session_of(kept: KeptSessions | None, limits: Limits) -> Iterator[requests.Session]:
    """After an error its connection is not used again."""
    session = (kept and kept.take()) or _session(limits)
    try:
        yield session
    except BaseException:
        session.close()
        raise
    if kept is None:
        session.close()
    else:
        kept.give(session)


def _session(limits: Limits) -> requests.Session:
    """Only HTTPS; no cookies, no proxy, no .netrc, no certificates named by environment variables.

    Raises FhirError (CONFIGURATION) when a certificate that the settings name cannot be read.
    """
    for file in (limits.ca_file, limits.cert_file, limits.key_file):
        if file is not None and not os.access(file, os.R_OK):
            raise FhirError(FhirReason.CONFIGURATION, f"the certificate cannot be read: {file}")
    session = requests.Session()
    session.trust_env = False
    session.verify = str(limits.ca_file) if limits.ca_file else True
    if limits.cert_file is not None:
        session.cert = (str(limits.cert_file), str(limits.key_file or limits.cert_file))
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    session.adapters.clear()
    session.mount("https://", WatchedAdapter(max_retries=0))
    return session


def _answer(
    session: requests.Session,
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes | None,
    limits: Limits,
) -> Answer:
    with session.request(
        method,
        url,
        data=body,
        headers={**headers, "Accept-Encoding": "identity"},
        timeout=limits.timeout_s,
        allow_redirects=False,
        stream=True,
    ) as response:
        content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        retry_after = response.headers.get("Retry-After", "")
        content = _content(response, limits.answer_bytes)
        return Answer(response.status_code, content_type, retry_after, content)


def _content(response: requests.Response, most_bytes: int) -> bytes:
    content = bytearray()
    while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=False):
        content += chunk
        if len(content) > most_bytes:
            raise FhirError(FhirReason.TOO_BIG, f"more than {most_bytes} bytes")
    return bytes(content)


def _reason(error: Exception) -> FhirReason:
    """A connection that never stood, or a certificate that was refused, carried no request."""
    if isinstance(error, requests.ConnectTimeout) or "CERTIFICATE_VERIFY_FAILED" in str(error):
        return FhirReason.NOT_REACHED
    cause = error.args[0] if error.args else None
    if isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError):
        return FhirReason.NOT_REACHED
    return FhirReason.NO_ANSWER
