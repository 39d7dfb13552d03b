"""Conditional creates of one thing never run beside each other: servers are known to store it twice then."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Creations:
    """For several threads. A thing is named by the `fullUrl` of its entry."""

    def __init__(self) -> None:
        self._under_way: set[str] = set()
        self._changed = threading.Condition()

    @contextmanager
    def alone(self, things: set[str]) -> Iterator[None]:
        """Waits until nobody else creates any of them. All are taken at once: nobody waits in a circle."""
        with self._changed:
            self._changed.wait_for(lambda: self._under_way.isdisjoint(things))
            self._under_way |= things
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= things
                self._changed.notify_all()
