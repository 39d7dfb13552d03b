"""`telecabine audit ...`: what happened on this kiosk, for who has to be sure that nobody changed it."""

import argparse
import json
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime

from kiosk.config import Config
from kiosk.data_dir import mark_file, store_dir
from kiosk.fhir.audit import checkpoint_of, kiosk_tag
from kiosk.fhir.errors import FhirError
from kiosk.fhir.naming import TAG, Naming
from kiosk.fhir.server import FhirServer, Undelivered
from kiosk.fhir_settings import fhir_settings
from kiosk.store_key import usable_key
from offline_queue.audit.checkpoint import CHECKPOINT, Checkpoint, as_row
from offline_queue.audit.event import Event
from offline_queue.audit.trail import Trail, read_trail
from offline_queue.audit.verify import Finding, Flaw, Kept, check, own_checkpoints

_TRIES = 3
_NEWEST, _ALL = 1, 100_000
"""Pages of ten checkpoints: some 500 kB each at most."""
_FLAWS = {
    Flaw.ALTERED: "altered",
    Flaw.MISSING: "missing",
    Flaw.CUT_OFF: "cut off: a checkpoint vouches for events that are no longer here",
    Flaw.NOT_AS_SIGNED: "not what was signed: the chain was written anew",
    Flaw.FORGED: "a checkpoint with a wrong signature",
    Flaw.OTHER_KEY: "signed by another key from here on: the outbox was lost once, or somebody made a chain",
}


def verify(config: Config, options: argparse.Namespace) -> int:
    """Exit code 1: something was changed, or the server could not say what it holds."""
    held, trouble = ((), "") if options.offline else _held(config, _ALL if options.all else _NEWEST)
    for _ in range(_TRIES):  # a kiosk may write while its files are copied
        trail = _trail(config)
        found = check(config.kiosk.id, trail.events, _kept(config, trail, held))
        if not found:
            break
    _say(config.kiosk.id, trail, found, held)
    if not options.offline and not trouble and not _has_last(held, trail):
        trouble = "it does not hold the checkpoint that was delivered last"
    if trouble:
        print(f"not compared with the server: {trouble}")
        print("what was cut off at the end is not noticed without it; --offline looks here alone")
    return 1 if found or trouble else 0


def _has_last(held: Sequence[Checkpoint], trail: Trail) -> bool:
    delivered = [item for item in trail.sent if item not in trail.waiting]
    return not delivered or delivered[-1] in {each.item for each in held}


def _kept(config: Config, trail: Trail, held: Sequence[Checkpoint]) -> Kept:
    since_ms = round((time.time() - config.kiosk.audit_days * 86400) * 1000)
    return Kept(held, since_ms, trail.sent)


def _held(config: Config, pages: int) -> tuple[Sequence[Checkpoint], str]:
    """The checkpoints that the server holds, and why they could not be had."""
    owner = config.kiosk.id
    tag = kiosk_tag(Naming(config.fhir.identifier_base), owner)
    try:
        with closing(FhirServer(fhir_settings(config))) as server:
            found = server.newest("AuditEvent", TAG, *tag, pages)
        return [checkpoint_of(resource, owner) for resource in found], ""
    except (FhirError, ValueError) as error:
        return (), str(error) or "?"
    except Undelivered as end:
        return (), getattr(end.outcome, "reason", "?")


def list_events(config: Config, options: argparse.Namespace) -> int:
    for event in _trail(config).events:
        print(json.dumps(as_row(event)) if options.json else _line(event))
    return 0


def _trail(config: Config) -> Trail:
    return read_trail(store_dir(config), usable_key(config), config.kiosk.id, mark_file(config))


def _line(event: Event) -> str:
    at = datetime.fromtimestamp(event.at_ms / 1000, UTC).isoformat(timespec="seconds")
    detail = "" if event.kind == CHECKPOINT else _words(event.detail)
    return f"{event.number:6}  {at}  {event.kind} {event.subject} {detail}".rstrip()


def _words(detail: str) -> str:
    """Also of a detail that somebody has spoiled."""
    try:
        return " ".join(f"{name}={value}" for name, value in json.loads(detail).items())
    except (ValueError, AttributeError):
        return detail


def _say(owner: str, trail: Trail, found: Sequence[Finding], held: Sequence[Checkpoint]) -> None:
    for finding in found:
        which = f"{finding.first}" if finding.first == finding.last else f"{finding.first} to {finding.last}"
        print(f"event {which}: {_FLAWS[finding.flaw]}")
    if not trail.events:
        print("no events yet")
        return
    print(f"events {trail.events[0].number} to {trail.events[-1].number}")
    own, _ = own_checkpoints(owner, trail.events)
    if own:
        print(f"signed up to {own[-1].through}, by key {own[-1].fingerprint}")
    if held:
        print(f"the server vouches for them up to {max(each.through for each in held)}")
