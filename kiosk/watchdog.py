"""Tells systemd that the kiosk has started and is still alive (sd_notify(3), Type=notify, WatchdogSec=).

Tick from the Qt thread: a screen that no longer answers is then restarted. Silent when no supervisor asked.
`WATCHDOG_PID` is ignored on purpose: the unit's main process is the compositor, and with `NotifyAccess=all`
its child, the kiosk, may speak.
"""

import logging
import os
import socket
from functools import cache

_log = logging.getLogger(__name__)


def notify_ready() -> bool:
    """The first screen is shown. True when a supervisor was told."""
    return _send(b"READY=1")


def tick() -> bool:
    """Still alive. True when a supervisor was told; call it every `interval_s()`."""
    return _send(b"WATCHDOG=1")


def notify_stopping() -> bool:
    """The kiosk ends on purpose. True when a supervisor was told."""
    return _send(b"STOPPING=1")


def interval_s() -> float | None:
    """Seconds between two ticks (half of what the supervisor allows); None when nobody watches."""
    allowed_us = os.environ.get("WATCHDOG_USEC", "")
    if "NOTIFY_SOCKET" not in os.environ or not allowed_us.isdecimal() or int(allowed_us) == 0:
        return None
    return int(allowed_us) / 2_000_000


def _send(message: bytes) -> bool:
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.setblocking(False)  # the Qt thread never waits for the supervisor
            sender.sendto(message, _path(address))
    except OSError as error:
        _complain(str(error))
        return False
    return True


def _path(address: str) -> bytes:
    """`@name` is a socket in the abstract namespace: the kernel wants a zero byte in its place."""
    encoded = os.fsencode(address)
    return b"\0" + encoded[1:] if encoded.startswith(b"@") else encoded


@cache
def _complain(detail: str) -> None:
    """Once for each cause, not at every tick."""
    _log.warning("the supervisor cannot be told: %s", detail)
