"""A machine whose cable is out: code that runs in a network of its own, in which there is only `lo`."""

import asyncio
import ctypes
import fcntl
import os
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_CLONE_NEWNET = 0x40000000
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1


def run_cut_off(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run what `make` makes on a loop of its own, in a thread whose sockets reach nothing but this machine.

    Raises PermissionError outside `tests/fakes/private.sh`.
    """
    results: list[T] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            _leave_the_network()
            results.append(asyncio.run(make()))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test shall see it
            failures.append(error)

    thread = threading.Thread(target=work, name="cut off")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


def _leave_the_network() -> None:
    """For the calling thread and those that it starts (unshare(2))."""
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as up:
        fcntl.ioctl(up, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))
