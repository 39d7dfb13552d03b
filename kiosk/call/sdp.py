"""The few things that we read from a session description (RFC 8866). Pure."""

import re
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class VoiceTypes:
    """Payload types of the offer's voice: Opus, and packets that carry it twice (RFC 2198)."""

    opus: int
    redundant: int


def voice_types(offer: str) -> VoiceTypes | None:
    """None when the offer does not know redundant sound."""
    voice = _first_audio(offer)
    opus = re.search(r"^a=rtpmap:(\d+) opus/48000/2\s*$", voice, re.MULTILINE | re.IGNORECASE)
    redundant = re.search(r"^a=rtpmap:(\d+) red/48000/2\s*$", voice, re.MULTILINE | re.IGNORECASE)
    return VoiceTypes(int(opus[1]), int(redundant[1])) if opus and redundant else None


def with_voice_repair(answer: str, types: VoiceTypes) -> str:
    """The answer that also takes redundant sound, and asks for Opus' own repair data (RFC 7587 section 7)."""
    voice = _first_audio(answer)
    lines = [
        f"a=rtpmap:{types.redundant} red/48000/2",
        f"a=fmtp:{types.redundant} {types.opus}/{types.opus}",
        f"a=fmtp:{types.opus} minptime=10;useinbandfec=1",
    ]
    kept = [line for line in voice.splitlines() if not line.startswith(f"a=fmtp:{types.opus} ")]
    changed = [f"{kept[0]} {types.redundant}", *kept[1:], *lines]
    return answer.replace(voice, "\r\n".join(changed) + "\r\n", 1)


def _first_audio(description: str) -> str:
    found = re.search(r"^m=audio .*?(?=^m=|\Z)", description, re.MULTILINE | re.DOTALL)
    return found[0] if found else ""
