"""What the screens are told of the delivery: how much waits, and what is wrong, once."""

from collections.abc import Callable

from kiosk.events import DeliveryChanged, Event, Notice, NoticeReason
from kiosk.session import Session
from kiosk.tasks import Tasks
from offline_queue.delivery import DeliveryStatus
from offline_queue.outbox import Outbox


class DeliveryTeller:
    """`session()` is the one on screen: numbers are of its records, else of everything that waits."""

    def __init__(
        self,
        outbox: Outbox,
        session: Callable[[], Session | None],
        emit: Callable[[Event], None],
        tasks: Tasks,
    ) -> None:
        self._outbox = outbox
        self._session = session
        self._emit = emit
        self._tasks = tasks
        self._before: DeliveryStatus | None = None

    def changed(self, status: DeliveryStatus) -> None:
        """The delivery's own report of itself."""
        before, self._before = self._before, status
        self._tasks.spawn(self._tell(status))
        if status.paused and (before is None or before.paused != status.paused):
            self._emit(Notice(NoticeReason.DELIVERY_PAUSED, status.paused))
        if status.counts.quarantined and (before is None or not before.counts.quarantined):
            self._emit(Notice(NoticeReason.DELIVERY_QUARANTINED))

    async def _tell(self, status: DeliveryStatus) -> None:
        session = self._session()
        counts = await self._outbox.counts(str(session.id) if session else None)
        self._emit(DeliveryChanged(counts.to_send, counts.delivered, counts.quarantined, status.online))
