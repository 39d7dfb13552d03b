"""A page of the database that cannot be read any more costs only what lies in it.

It is said once; the streams that lie in it wait for `outbox recover`, and everything else goes on.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from offline_queue.errors import OutboxError, OutboxReason
from offline_queue.reconcile import Found, Reconciler

log = logging.getLogger(__name__)


class Damage:
    """`streams`: what is passed over."""

    def __init__(self, reconciler: Reconciler) -> None:
        self._reconciler = reconciler
        self.streams: set[str] = set()

    @property
    def is_known(self) -> bool:
        return any(finding.found is Found.DATABASE_DAMAGED for finding in self._reconciler.findings)

    def found(self) -> None:
        if not self.is_known:
            self._reconciler.found(Found.DATABASE_DAMAGED)

    def note(self, error: OutboxError, stream: str = "") -> None:
        """`stream`: in which a page cannot be read. Raises the error when it says something else."""
        if error.reason is not OutboxReason.WRONG_KEY_OR_DAMAGED:
            raise error
        self.found()
        if stream:
            log.error("stream %s waits for `outbox recover`: %s", stream, error)
            self.streams.add(stream)

    @contextmanager
    def survived(self) -> Iterator[None]:
        """Around what may be left undone where a page cannot be read."""
        try:
            yield
        except OutboxError as error:
            self.note(error)
