"""Connections that can be cut from outside, whatever they are busy with; and names looked up in time."""

import contextlib
import heapq
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError

from kiosk.fhir.look_up import LookUps


class Watchdog:
    """For one exchange: shuts its sockets down at its deadline, which wakes whoever waits on them."""

    def __init__(self) -> None:
        self.has_cut = self._over = False
        self._deadline_s = 0.0
        self._sockets: list[socket.socket] = []
        self._changing = threading.Lock()

    @contextlib.contextmanager
    def cutting_after(self, timeout_s: float) -> Iterator[None]:
        token = _watching.set(self)
        self._deadline_s = time.monotonic() + timeout_s
        _clock.call_at(self._deadline_s, self._cut)
        try:
            yield
        finally:
            _watching.reset(token)
            with self._changing:
                self._over = True
                for each in self._sockets:
                    each.close()
                self._sockets.clear()

    @property
    def left_s(self) -> float:
        return max(0.0, self._deadline_s - time.monotonic())

    def watch(self, connection: socket.socket) -> None:
        """By a handle of its own: the connection lets go of its one as soon as it has the answer's head."""
        with self._changing:
            self._sockets.append(connection.dup())
            if self.has_cut:
                self._shut_down()

    def _cut(self) -> None:
        with self._changing:
            if not self._over:
                self.has_cut = True
                self._shut_down()

    def _shut_down(self) -> None:
        for each in self._sockets:
            with contextlib.suppress(OSError):  # the other side may have closed it first
                each.shutdown(socket.SHUT_RDWR)


class _Clock:
    """One thread for all deadlines: a timer's own would cost each exchange more than its request."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    def call_at(self, at_s: float, call: Callable[[], None]) -> None:
        """By the monotonic clock."""
        with self._changed:
            heapq.heappush(self._due, (at_s, next(self._numbers), call))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            if self._due[0][0] == at_s:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            self._next()()

    def _next(self) -> Callable[[], None]:
        with self._changed:
            while not self._due or self._due[0][0] > time.monotonic():
                self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
            return heapq.heappop(self._due)[2]


_clock, _look_ups = _Clock(), LookUps()
_watching: ContextVar[Watchdog] = ContextVar("_watching")


class _WatchedConnection(HTTPSConnection):
    """Has a second handle on its socket, for TLS keeps the first one; it may serve several exchanges."""

    _handle: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        watchdog = _watching.get()
        connection = self._connected(watchdog)
        self.timeout = watchdog.left_s  # to connect it had only its share
        connection.settimeout(self.timeout)
        self._handle = connection.dup()
        watchdog.watch(self._handle)  # the handshake too
        return connection

    def _connected(self, watchdog: Watchdog) -> socket.socket:
        """To the first address that answers, all of them within the time of the exchange: a silent one leaves
        the others their share."""
        name = self._dns_host  # what the certificate is compared with: it comes back
        failed: HTTPError = NewConnectionError(self, "no time left to connect")
        try:
            addresses = self._addresses(name, watchdog.left_s)
            for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
                if not watchdog.left_s:
                    break
                self._dns_host, self.timeout = address, watchdog.left_s / left
                try:
                    return super()._new_conn()
                except (NewConnectionError, ConnectTimeoutError) as error:
                    failed = error
        finally:
            self._dns_host = name
        raise failed

    def _addresses(self, name: str, timeout_s: float) -> list[str]:
        try:
            return _look_ups.addresses(name, timeout_s)
        except socket.gaierror as error:
            raise NameResolutionError(name, self, error) from error

    def request(self, *args: Any, **options: Any) -> None:
        if self._handle is not None:
            _watching.get().watch(self._handle)
        super().request(*args, **options)

    def close(self) -> None:
        super().close()
        if self._handle is not None:
            self._handle.close()
            self._handle = None


class _WatchedPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedConnection


class WatchedAdapter(HTTPAdapter):
    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any
    ) -> None:
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": _WatchedPool}
