"""The machine itself: disk, key, chip, printers, and what waits in the store."""

import asyncio

from kiosk.config import Config
from kiosk.data_dir import key_file
from kiosk.selftest.disk import check_disk
from kiosk.selftest.keys import check_keys
from kiosk.selftest.printer import check_printers
from kiosk.selftest.report import Check, Part, Problem, amber, green, skipped
from offline_queue.outbox import Counts


async def check_machine(config: Config, store: Check) -> tuple[Check, ...]:
    """`store`: what was found when it was opened, which also makes the folder and the key of a new kiosk."""
    disk, keys, printers = await asyncio.gather(
        asyncio.to_thread(check_disk, config.kiosk.data_dir), check_keys(key_file(config)), check_printers()
    )
    return (disk, store, *keys, *printers, skipped(Part.SCREEN, Problem.NEEDS_SOMEBODY))


def check_counts(counts: Counts) -> Check:
    """The store opened with its key. What waits is normal, what the server refused is not."""
    if counts.quarantined:
        return amber(Part.STORE, Problem.RECORDS_REFUSED, detail=str(counts.quarantined))
    return green(Part.STORE)
