"""The few things that we read from a session description (RFC 8866). Pure."""

import re

from kiosk.call.errors import CallError, CallReason

_FINGERPRINT = re.compile(r"^a=fingerprint:sha-256 ([0-9A-Fa-f:]{95})\s*$", re.MULTILINE)
_SECTION = re.compile(r"^m=(\w+) ", re.MULTILINE)

# voice, face, otoscope, stethoscope, data: the order is the contract with the page.
SECTIONS = ["audio", "video", "video", "audio", "application"]


def fingerprint(sdp: str) -> str:
    """The one DTLS fingerprint (SHA-256, upper-case). Raises CallError(BAD_OFFER) for none or several."""
    found: set[str] = {str(match).upper() for match in _FINGERPRINT.findall(sdp)}
    if len(found) != 1:
        raise CallError(CallReason.BAD_OFFER, f"{len(found)} fingerprints")
    return found.pop()


def check_sections(sdp: str) -> None:
    """Raises CallError(BAD_OFFER) when the offer's media sections are not the agreed ones."""
    if _SECTION.findall(sdp) != SECTIONS:
        raise CallError(CallReason.BAD_OFFER, "unexpected media sections")
