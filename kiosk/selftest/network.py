"""The line: is the FHIR server there and is it one, does the rendezvous answer."""

import ssl
from pathlib import Path

import aiohttp

from kiosk.config import FhirConfig, RendezvousConfig
from kiosk.selftest.report import Check, Part, Problem, green, red

TIMEOUT_S = 5.0
_FHIR = "application/fhir+json"
_REFUSED = (401, 403)


async def check_fhir(settings: FhirConfig) -> Check:
    """The server answers `metadata` with a CapabilityStatement of R4."""
    url = f"{settings.base_url.rstrip('/')}/metadata"
    try:
        headers = {"Accept": _FHIR, **_credential(settings.token_file)}
    except OSError as error:
        return red(Part.FHIR, Problem.CREDENTIAL_REFUSED, str(settings.token_file), type(error).__name__)
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        async with _client() as client, client.get(url, ssl=context, headers=headers) as answer:
            if answer.status in _REFUSED:
                return red(Part.FHIR, Problem.CREDENTIAL_REFUSED, url, f"HTTP {answer.status}")
            body = await answer.json(content_type=None) if answer.status == 200 else {}
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return red(Part.FHIR, Problem.UNREACHABLE, url, type(error).__name__)
    except ValueError:
        return red(Part.FHIR, Problem.NOT_FHIR, url)
    if not isinstance(body, dict) or body.get("resourceType") != "CapabilityStatement":
        return red(Part.FHIR, Problem.NOT_FHIR, url)
    return green(Part.FHIR, url, f"FHIR {body.get('fhirVersion', '?')}")


async def check_rendezvous(settings: RendezvousConfig, page_url: str) -> Check:
    """The physician's page can be fetched from where the link points."""
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        if settings.embedded and settings.cert_file is None:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # our own self-signed one
        async with _client() as client, client.get(page_url, ssl=context) as answer:
            found = answer.status == 200
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return red(Part.RENDEZVOUS, Problem.UNREACHABLE, page_url, type(error).__name__)
    return green(Part.RENDEZVOUS, page_url) if found else red(Part.RENDEZVOUS, Problem.NOT_WORKING, page_url)


def _credential(token_file: Path | None) -> dict[str, str]:
    if token_file is None:
        return {}
    return {"Authorization": f"Bearer {token_file.read_text(encoding='utf-8').strip()}"}


def _client() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S), trust_env=False)
