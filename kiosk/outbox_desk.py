"""What a technician sees of the outbox, and may do with it: try again, and carry a copy away."""

import asyncio
import time

from kiosk.audit import Told
from kiosk.auditing import note
from kiosk.config import Config
from kiosk.outbox_copy import CopyMade, copy_outbox, copy_place
from kiosk.outbox_figures import OutboxFigures, outbox_figures
from kiosk.outbox_reasons import CopyTrouble
from offline_queue.audit.event import NewEvent
from offline_queue.delivery import Delivery
from offline_queue.outbox import Outbox


class OutboxDesk:
    def __init__(self, config: Config, outbox: Outbox, delivery: Delivery) -> None:
        self._config = config
        self._outbox = outbox
        self._delivery = delivery
        self._copying: asyncio.Task[CopyMade] | None = None

    async def figures(self) -> OutboxFigures:
        """What waits to be delivered, and since when."""
        return await outbox_figures(self._outbox, self._delivery.status, time.time())

    async def retry(self) -> None:
        """At once, also what the server had refused."""
        await self._outbox.retry()
        self._delivery.kick()

    async def copy(self) -> CopyMade:
        """Onto a medium, for the organisation's key alone; see `kiosk.outbox_copy`. One at a time: who asks
        meanwhile gets the same."""
        if self._copying is None or self._copying.done():
            self._copying = asyncio.create_task(self._copy(), name="copy outbox")
        return await asyncio.shield(self._copying)

    async def _copy(self) -> CopyMade:
        place = await asyncio.to_thread(copy_place, self._config)
        if isinstance(place, CopyTrouble):
            return CopyMade("", trouble=place)
        exported = NewEvent(Told.OUTBOX_EXPORTED, "", {"how": "sealed"})
        await note(self._outbox, exported)  # first: what is out is out
        return await asyncio.to_thread(copy_outbox, self._config, place)
