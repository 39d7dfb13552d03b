"""The machine itself: disk, key, chip, printers, the call's sound, and what waits in the store."""

import asyncio
from collections.abc import Set
from pathlib import Path

from kiosk.config import Config
from kiosk.data_dir import chip, key_file, store_dir, unit_file
from kiosk.selftest.call_sound import check_call_sound
from kiosk.selftest.disk import check_disk
from kiosk.selftest.keys import check_keys
from kiosk.selftest.printer import check_printers
from kiosk.selftest.report import Check, Part, Problem, amber, green, red, skipped
from kiosk.unit_file import UnitFile, UnitFileError
from offline_queue.outbox import Counts, Outbox
from offline_queue.reconcile import Found


async def check_machine(config: Config, store: Check) -> tuple[Check, ...]:
    """`store`: what was found when it was opened, which also makes the folder and the key of a new kiosk."""
    disk, keys, printers, sound, units = await asyncio.gather(
        asyncio.to_thread(check_disk, config.kiosk.data_dir),
        check_keys(key_file(config), store_dir(config), chip(config)),
        check_printers(),
        asyncio.to_thread(check_call_sound),
        asyncio.to_thread(check_units, unit_file(config)),
    )
    return (disk, store, *keys, *printers, sound, *units, skipped(Part.SCREEN, Problem.NEEDS_SOMEBODY))


def check_units(file: Path) -> tuple[Check, ...]:
    """Nothing where the list of the Bluetooth instruments can be used, or is not there yet."""
    try:
        UnitFile(file).read()
    except UnitFileError:
        return (red(Part.BLUETOOTH, Problem.UNITS_UNUSABLE, detail=str(file)),)
    return ()


async def check_store(outbox: Outbox) -> Check:
    """The store opened with its key: what waits in it, and what was found damaged."""
    return judge_store(await outbox.counts(), {finding.found for finding in await outbox.findings()})


def judge_store(counts: Counts, found: Set[Found]) -> Check:
    """What waits is normal; what the server refused, or the disk damaged, is not."""
    if Found.DATABASE_DAMAGED in found:
        return red(Part.STORE, Problem.STORE_DAMAGED)
    if Found.SENTINEL_GONE in found:
        return amber(Part.STORE, Problem.STORE_UNSURE)
    if found:
        return amber(Part.STORE, Problem.STORE_MENDED, detail=" ".join(sorted(found)))
    if counts.quarantined:
        return amber(Part.STORE, Problem.RECORDS_REFUSED, detail=str(counts.quarantined))
    return green(Part.STORE)
