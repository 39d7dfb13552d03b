"""Tells the audit chain what changed since the last start, and lets it be signed from time to time."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable
from contextlib import suppress

from kiosk.audit import Told, of_changes, settings_of
from kiosk.config import Config
from kiosk.data_dir import key_file, store_dir
from kiosk.version import VERSION
from offline_queue.audit.event import NewEvent
from offline_queue.errors import OutboxError
from offline_queue.keys import sealed_file
from offline_queue.outbox import Outbox
from offline_queue.slots import read_slots

log = logging.getLogger(__name__)

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

    def sign_soon(self) -> None:
        """A session is over: what happened in it is not to wait."""
        self._now.set()

    async def run(self) -> None:
        """Until cancelled."""
        await _in_any_case(self._tell_start())
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(SIGN_EVERY_S):
                    await self._now.wait()
            self._now.clear()
            await _in_any_case(self._outbox.make_checkpoint(time.time()))

    async def _tell_start(self) -> None:
        """What is different from the last start, and what the outbox has set right since it was opened."""
        known = {
            Told.SETTING_CHANGED: settings_of(self._config),
            Told.KEY_CHANGED: await asyncio.to_thread(_keys, self._config),
        }
        before = await self._outbox.get_state(_KNOWN)
        events = [NewEvent(Told.KIOSK_STARTED, "", {"version": VERSION})]
        if before is not None:
            old = json.loads(before)
            for kind, now in known.items():
                events += of_changes(kind, old.get(kind, {}), now)
        await self._outbox.put((), {_KNOWN: json.dumps(known).encode()}, events)
        await self._outbox.compared()
        mended = [
            NewEvent(Told.STORE_MENDED, finding.found, {"items": finding.items})
            for finding in await self._outbox.findings()
        ]
        if mended:
            await self._outbox.put(events=mended)


def _keys(config: Config) -> dict[str, str]:
    """Where this machine's key is, and who else can open the outbox: name and fingerprint."""
    machine = {"machine": "chip" if sealed_file(key_file(config)).exists() else "file"}
    try:
        slots = read_slots(store_dir(config))
        return machine | {f"slot {slot.name}": slot.fingerprint for slot in slots}
    except (OutboxError, ValueError) as error:
        log.warning("who else can open the outbox cannot be read: %s", error)
        return machine
