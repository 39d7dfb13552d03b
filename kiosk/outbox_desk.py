"""What a technician sees of the outbox, and may do with it: try again, and carry a copy away."""

import asyncio
import time

from kiosk.audit import Told
from kiosk.auditing import note
from kiosk.config import Config
from kiosk.outbox_copy import CopyMade, copy_outbox
from kiosk.outbox_figures import OutboxFigures, outbox_figures
from offline_queue.audit.event import NewEvent
from offline_queue.delivery import Delivery
from offline_queue.outbox import Outbox


class OutboxDesk:
    def __init__(self, config: Config, outbox: Outbox, delivery: Delivery) -> None:
        self._config = config
        self._outbox = outbox
        self._delivery = delivery

    async def figures(self) -> OutboxFigures:
        """What waits to be delivered, and since when."""
        return await outbox_figures(self._outbox, self._delivery.status, time.time())

    async def retry(self) -> None:
        """At once, also what the server had refused."""
        streams = await self._outbox.retry()
        await note(self._outbox, NewEvent(Told.OUTBOX_RETRIED, "", {"streams": streams}))
        self._delivery.kick()

    async def copy(self) -> CopyMade:
        """Onto a medium, for the organisation's key alone; see `kiosk.outbox_copy`."""
        made = await asyncio.to_thread(copy_outbox, self._config)
        if made.trouble is None:
            detail: dict[str, str | int] = {"how": "sealed", "records": made.records}
            await note(self._outbox, NewEvent(Told.OUTBOX_EXPORTED, "", detail))
        return made
