"""Sessions with an open connection, for the next exchange: on a slow line a new one costs three round trips.

They are closed when nobody has used them for a moment: servers close what is idle, and one that does so just
when a request is on its way would look like a broken line.
"""

import threading
import time

import requests

IDLE_S = 2.0


class KeptSessions:
    """For several threads; each session is with one of them at a time."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._idle: list[tuple[float, requests.Session]] = []
        self._timer: threading.Timer | None = None

    def take(self) -> requests.Session | None:
        """The one that was used last."""
        with self._changing:
            return self._idle.pop()[1] if self._idle else None

    def give(self, session: requests.Session) -> None:
        with self._changing:
            self._idle.append((time.monotonic(), session))
            self._look_later()

    def close(self) -> None:
        with self._changing:
            idle, self._idle = self._idle, []
        for _, session in idle:
            session.close()

    def _look_later(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(IDLE_S, self._close_old)
            self._timer.daemon = True
            self._timer.start()

    def _close_old(self) -> None:
        before = time.monotonic() - IDLE_S
        with self._changing:
            old = [session for used_s, session in self._idle if used_s <= before]
            self._idle = [each for each in self._idle if each[0] > before]
            self._timer = None
            if self._idle:
                self._look_later()
        for session in old:
            session.close()
