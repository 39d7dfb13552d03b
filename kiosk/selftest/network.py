"""How a server is asked: is it there, is it what it should be, and what that says of the line."""

import errno
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from urllib.parse import urlsplit

import aiohttp

from kiosk.config import RendezvousConfig
from kiosk.selftest.report import Check, Part, Problem, green, red

TIMEOUT_S = 5.0
_NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)


class Heard(StrEnum):
    """What came back of a question, whatever it was worth."""

    ANSWER = "answer"  # a refusal too: somebody is at the other end
    NOTHING = "nothing"
    NO_WAY = "no_way"  # no route, or no name service: the question did not get out
    UNASKED = "unasked"  # our own settings are wrong: nothing was sent


@dataclass(frozen=True, slots=True)
class Asked:
    """`ahead_s`: our clock before the server's, by the Date of its answer (whole seconds)."""

    check: Check
    host: str
    heard: Heard
    ahead_s: float | None = None


async def ask_rendezvous(settings: RendezvousConfig, page_url: str) -> Asked:
    """The physician's page can be fetched from where the link points."""
    own = settings.embedded and settings.cert_file is None
    host = host_of(page_url)
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        if own:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # our own self-signed one
        async with client() as asking, asking.get(page_url, ssl=context) as answer:
            ahead = None if settings.embedded else ahead_s(answer.headers)
            found = answer.status == 200
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return Asked(unreachable(Part.RENDEZVOUS, page_url, error), host, heard_of(error))
    told = green(Part.RENDEZVOUS, page_url) if found else red(Part.RENDEZVOUS, Problem.NOT_WORKING, page_url)
    return Asked(told, host, Heard.ANSWER, ahead)


def unreachable(part: Part, url: str, error: Exception) -> Check:
    """The check of a server that could not be asked."""
    untrusted = isinstance(error, aiohttp.ClientConnectorCertificateError) or _is_ours(error)
    return red(part, Problem.CERTIFICATE if untrusted else Problem.UNREACHABLE, url, type(error).__name__)


def heard_of(error: Exception) -> Heard:
    """What the way a connection failed says of the line."""
    if _is_ours(error):
        return Heard.UNASKED
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, socket.gaierror):  # "there is no such name" is an answer of the name service
        return Heard.NO_WAY if cause.errno == socket.EAI_AGAIN else Heard.ANSWER
    if isinstance(cause, OSError) and cause.errno in _NO_WAY:
        return Heard.NO_WAY
    return Heard.NOTHING if isinstance(cause, TimeoutError) else Heard.ANSWER


def _is_ours(error: Exception) -> bool:
    """Nothing was sent: the file of certificates to trust cannot be read."""
    return not isinstance(error, aiohttp.ClientError | TimeoutError)


def client() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S), trust_env=False)


def ahead_s(headers: Mapping[str, str]) -> float | None:
    """Our clock before the server's, by the Date of its answer; None: it does not tell."""
    try:
        return time.time() - parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, ValueError, OverflowError):
        return None


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""
