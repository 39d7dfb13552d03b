"""A program that dies must not leave its memory on the disk: it holds a patient's data."""

import ctypes
import logging
import sys

log = logging.getLogger(__name__)

_PR_SET_DUMPABLE = 4  # prctl(2)


def forbid_core_dumps() -> None:
    """Also by a handler such as systemd-coredump, which does not ask the limit of the size. Linux only."""
    if sys.platform != "linux":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
        log.warning("core dumps could not be forbidden: errno %d", ctypes.get_errno())
