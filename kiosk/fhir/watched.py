"""Connections that can be cut from outside, whatever they are busy with (but the look-up of the name)."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection


class Watchdog:
    """For one exchange: shuts its sockets down at its deadline, which wakes whoever waits on them."""

    def __init__(self) -> None:
        self.has_cut = False
        self._sockets: list[socket.socket] = []
        self._changing = threading.Lock()

    @contextlib.contextmanager
    def cutting_after(self, timeout_s: float) -> Iterator[None]:
        timer = threading.Timer(timeout_s, self._cut)
        timer.daemon = True
        token = _watching.set(self)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            _watching.reset(token)
            with self._changing:
                for each in self._sockets:
                    each.close()
                self._sockets.clear()

    def watch(self, connection: socket.socket) -> None:
        """By a handle of its own: the connection lets go of its one as soon as it has the answer's head."""
        with self._changing:
            self._sockets.append(connection.dup())
            if self.has_cut:
                self._shut_down()

    def _cut(self) -> None:
        with self._changing:
            self.has_cut = True
            self._shut_down()

    def _shut_down(self) -> None:
        for each in self._sockets:
            with contextlib.suppress(OSError):  # the other side may have closed it first
                each.shutdown(socket.SHUT_RDWR)


_watching: ContextVar[Watchdog] = ContextVar("_watching")


class _WatchedConnection(HTTPSConnection):
    """Has a second handle on its socket, for TLS keeps the first one; it may serve several exchanges."""

    _handle: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        self._handle = connection.dup()
        _watching.get().watch(self._handle)  # the handshake too
        return connection

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
