"""The FHIR server: is it there, is it one, and does it take what the delivery shows it?"""

import asyncio
import ssl

import aiohttp

from kiosk.fhir.answers import FHIR_JSON
from kiosk.fhir.assertion import OAuthClient
from kiosk.fhir.errors import FhirError
from kiosk.fhir.exchange import Answer
from kiosk.fhir.token_request import REFUSED, TOKEN_HEADERS, Token, of_token_answer, token_request
from kiosk.fhir_config import FhirConfig
from kiosk.selftest.network import Asked, Heard, ahead_s, client, heard_of, host_of, unreachable
from kiosk.selftest.report import Check, Part, Problem, green, red

_TURNED_AWAY = (401, 403)

_Headers = dict[str, str]


async def ask_fhir(settings: FhirConfig) -> Asked:
    """The server answers `metadata` with a CapabilityStatement of R4."""
    url, host = f"{settings.base_url.rstrip('/')}/metadata", host_of(settings.base_url)
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        if settings.cert_file is not None:
            context.load_cert_chain(settings.cert_file, settings.key_file)
        async with client() as asking:
            shown = await _shown(asking, context, settings)
            if isinstance(shown, Asked):
                return shown
            async with asking.get(url, ssl=context, headers={"Accept": FHIR_JSON, **shown}) as answer:
                ahead = ahead_s(answer.headers)
                return Asked(await _read_fhir(url, answer), host, Heard.ANSWER, ahead)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return Asked(unreachable(Part.FHIR, url, error), host, heard_of(error))


async def _shown(
    asking: aiohttp.ClientSession, context: ssl.SSLContext, settings: FhirConfig
) -> _Headers | Asked:
    """What lets the kiosk in; Asked: why it has nothing to show."""
    if (known := settings.client()) is not None:
        return await _ask_token(asking, context, known)
    if settings.token_file is None:
        return {}
    try:
        return _bearer(settings.token_file.read_text(encoding="utf-8").strip())
    except (OSError, ValueError) as error:
        told = red(Part.FHIR, Problem.CREDENTIAL_REFUSED, str(settings.token_file), type(error).__name__)
        return Asked(told, host_of(settings.base_url), Heard.UNASKED)


async def _ask_token(
    asking: aiohttp.ClientSession, context: ssl.SSLContext, known: OAuthClient
) -> _Headers | Asked:
    """What is wrong is told with the address of the token server: it is another machine."""
    url, host = known.token_url, host_of(known.token_url)
    try:
        form = await asyncio.to_thread(token_request, known)  # it reads a key
    except FhirError as error:
        told = red(Part.FHIR, Problem.CREDENTIAL_REFUSED, str(known.key_file), error.detail)
        return Asked(told, host, Heard.UNASKED)
    try:
        async with asking.post(
            url, data=form, headers=TOKEN_HEADERS, ssl=context, allow_redirects=False
        ) as answer:
            ahead = ahead_s(answer.headers)
            came = of_token_answer(await _whole(answer))
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return Asked(unreachable(Part.FHIR, url, error), host, heard_of(error))
    if isinstance(came, Token):
        return _bearer(came.text)
    problem = Problem.CREDENTIAL_REFUSED if answer.status in REFUSED else Problem.NO_TOKEN
    return Asked(red(Part.FHIR, problem, url, came.reason), host, Heard.ANSWER, ahead)


async def _whole(answer: aiohttp.ClientResponse) -> Answer:
    retry_after = answer.headers.get("Retry-After", "")
    return Answer(answer.status, answer.content_type, retry_after, await answer.read())


def _bearer(token: str) -> _Headers:
    return {"Authorization": f"Bearer {token}"}


async def _read_fhir(url: str, answer: aiohttp.ClientResponse) -> Check:
    if answer.status in _TURNED_AWAY:
        return red(Part.FHIR, Problem.CREDENTIAL_REFUSED, url, f"HTTP {answer.status}")
    try:
        body = await answer.json(content_type=None) if answer.status == 200 else {}
    except ValueError:
        return red(Part.FHIR, Problem.NOT_FHIR, url)
    if not isinstance(body, dict) or body.get("resourceType") != "CapabilityStatement":
        return red(Part.FHIR, Problem.NOT_FHIR, url)
    return green(Part.FHIR, url, f"FHIR {body.get('fhirVersion', '?')}")
