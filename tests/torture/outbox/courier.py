"""A kiosk that stores sessions and delivers them, until it is killed: `... courier DIR URL CA FIRST COUNT`.

Says `put ID` after each durable put, and ends by itself, saying `drained`, when nothing waits any more.
"""

import asyncio
import os
import sys
import time
from pathlib import Path

from kiosk.fhir.client import FhirSender
from kiosk.fhir.server import FhirSettings
from offline_queue.audit.event import NewEvent
from offline_queue.delivery import Delivery
from offline_queue.outbox import NewItem, Outbox
from offline_queue.outcome import Backoff
from tests.kiosk.fhir.items import whole_session
from tests.offline_queue.helpers import KEY, OWNER

_HURRY = Backoff(base_s=0.05, cap_s=0.3, park_s=0.3, longest_s=0.5)
TIMEOUT_S = 1.5


async def live(directory: Path, url: str, ca: Path, first: int, count: int) -> None:
    outbox = await Outbox.open(directory, KEY, OWNER, _HURRY)
    sender = FhirSender(FhirSettings(url, ca_file=ca, timeout_s=TIMEOUT_S), outbox.highest_before)
    delivering = asyncio.create_task(Delivery(outbox, sender, lambda _: None, pause_s=0.3).run())
    for number in range(first, first + count):
        for item in whole_session(session_name(number)):
            new = NewItem(item.id, item.stream, item.kind, item.payload)
            await outbox.put([new], events=[NewEvent("put", item.id)])
            say(f"put {item.id}")
        await outbox.make_checkpoint(time.time())
    while (counts := await outbox.counts()).to_send:  # noqa: ASYNC110 - it may be killed here
        await asyncio.sleep(0.05)
    say(f"drained, {counts.quarantined} refused")
    delivering.cancel()
    await asyncio.wait([delivering])
    await sender.close()
    await outbox.close()


def session_name(number: int) -> str:
    return f"T-{number:05d}"


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    _, folder, address, authority, begin, sessions = sys.argv
    asyncio.run(live(Path(folder), address, Path(authority), int(begin), int(sessions)))
