"""Tells the audit chain what changed since the last look, and lets it be signed from time to time."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from pathlib import Path

from kiosk.audit import Told, of_changes, settings_of
from kiosk.audit_notes import read_notes
from kiosk.choices import with_choices
from kiosk.config import Config
from kiosk.data_dir import key_file, notes_dir, store_dir, unit_file
from kiosk.unit import How
from kiosk.unit_file import UnitFile, UnitFileError
from kiosk.version import VERSION
from offline_queue.audit.event import NewEvent
from offline_queue.errors import OutboxError
from offline_queue.keys import sealed_file
from offline_queue.outbox import Outbox
from offline_queue.reconcile import Finding, Found
from offline_queue.slots import read_slots

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
SIGN_EVERY_S = 600.0
"""A checkpoint is one request more: not for each event."""
_KNOWN = "audit_known"


async def note(outbox: Outbox, *events: NewEvent) -> None:
    """What has no transaction of its own. A disk that refuses is told elsewhere."""
    await _in_any_case(outbox.put(events=events))


async def _in_any_case(step: Awaitable[None]) -> None:
    try:
        await step
    except OutboxError as error:
        log.warning("the audit chain could not be written now: %s", error)


class Auditing:
    def __init__(self, config: Config, outbox: Outbox) -> None:
        self._config, self._outbox = config, outbox
        self._now = asyncio.Event()
        self._told: set[Path] = set()
        self._complained_of: set[Path] = set()

    def sign_soon(self) -> None:
        """A session is over: what happened in it is not to wait."""
        self._now.set()

    async def run(self) -> None:
        """Until cancelled."""
        await _in_any_case(self._tell_start())
        signed_s = time.monotonic()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._now.wait()
            await _in_any_case(self._outbox.guard_slots())
            await _in_any_case(self._tell_changes())
            if self._now.is_set() or time.monotonic() - signed_s >= SIGN_EVERY_S:
                self._now.clear()
                await _in_any_case(self._outbox.make_checkpoint(time.time()))
                signed_s = time.monotonic()

    async def _tell_start(self) -> None:
        """Also what the outbox has set right since it was opened."""
        await self._tell_changes(NewEvent(Told.KIOSK_STARTED, "", {"version": VERSION}))
        await self._outbox.compared()
        mended = [_of_finding(finding) for finding in await self._outbox.findings()]
        if mended:
            await self._outbox.put(events=mended)

    async def _tell_changes(self, *first: NewEvent) -> None:
        """After `first` what is different from the last look: commands change keys, and leave notes, beside a
        running kiosk."""
        known = {
            Told.SETTING_CHANGED: settings_of(await asyncio.to_thread(with_choices, self._config)),
            Told.KEY_CHANGED: await asyncio.to_thread(_keys, self._config),
            Told.UNIT_CHANGED: await asyncio.to_thread(_units, self._config),
        }
        state, before = json.dumps(known).encode(), await self._outbox.get_state(_KNOWN)
        notes = await asyncio.to_thread(self._new_notes)
        if state == before and not first and not notes:
            return
        old = json.loads(before) if before is not None else known
        events = [each for kind, now in known.items() for each in of_changes(kind, old.get(kind, {}), now)]
        await self._outbox.put((), {_KNOWN: state}, (*first, *notes.values(), *events))
        self._told |= notes.keys()
        await asyncio.to_thread(_remove, notes)

    def _new_notes(self) -> dict[Path, NewEvent]:
        notes = read_notes(notes_dir(self._config), self._complained_of)
        return {path: event for path, event in notes.items() if path not in self._told}


def _remove(notes: Iterable[Path]) -> None:
    for path in notes:
        try:
            path.unlink()
        except OSError as error:
            log.warning("a note that was told to the audit chain cannot be removed: %s", error)


def _of_finding(finding: Finding) -> NewEvent:
    if finding.found is Found.SENTINEL_GONE:
        return NewEvent(Told.SENTINEL_GONE)
    return NewEvent(Told.STORE_MENDED, finding.found, {"items": finding.items})


def _keys(config: Config) -> dict[str, str]:
    """Where this machine's key is, and who else can open the outbox: name and fingerprint."""
    machine = {"machine": "chip" if sealed_file(key_file(config)).exists() else "file"}
    try:
        slots = read_slots(store_dir(config))
        return machine | {f"slot {slot.name}": slot.fingerprint for slot in slots}
    except (OutboxError, ValueError) as error:
        log.warning("who else can open the outbox cannot be read: %s", error)
        return machine


def _units(config: Config) -> dict[str, str]:
    """Which Bluetooth instruments were declared to be the kiosk's, by what they are called."""
    try:
        return {unit.name: How.DECLARED for unit in UnitFile(unit_file(config)).read().units}
    except UnitFileError as error:
        log.warning("which instruments are declared cannot be read: %s", error)
        return {"file": "unreadable"}
