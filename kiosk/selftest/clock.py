"""The clock: certificates, credentials and the time in every record hang on it."""

import ctypes
import os
from datetime import UTC, datetime

from kiosk.selftest.report import Check, Part, Problem, amber, green, red

BUILT_AFTER = datetime(2026, 11, 1, tzinfo=UTC)
OFFSET_AMBER_S = 30.0
OFFSET_RED_S = 300.0
_SYNCHRONISED_BELOW_US = 16_000_000


def check_clock(ahead_s: float | None, synchronised: bool | None, now: datetime | None = None) -> Check:
    """`ahead_s`: our clock before a server's; None: no server told the time, or nobody knows.

    A clock that stands before this program was made is certainly wrong.
    """
    now = now or datetime.now(UTC)
    told = "" if ahead_s is None else f", {ahead_s:+.0f} s"
    detail = now.astimezone().isoformat(timespec="minutes") + told
    wrong_s = abs(ahead_s or 0.0)
    if now < BUILT_AFTER or wrong_s > OFFSET_RED_S:
        return red(Part.CLOCK, Problem.WRONG_TIME, detail=detail)
    if wrong_s > OFFSET_AMBER_S:
        return amber(Part.CLOCK, Problem.WRONG_TIME, detail=detail)
    if synchronised is False:
        return amber(Part.CLOCK, Problem.NOT_SYNCHRONISED, detail=detail)
    return green(Part.CLOCK, detail=detail)


class _Timex(ctypes.Structure):
    """The beginning of `struct timex` (adjtimex(2)), and room for its rest."""

    _fields_ = (
        ("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long), ("rest", ctypes.c_byte * 256),
    )  # fmt: skip


def is_synchronised() -> bool | None:
    """Whether a time service keeps the clock right, by the rule of systemd's timedatectl; None: not Linux."""
    if os.name != "posix" or not hasattr(libc := ctypes.CDLL(None), "adjtimex"):
        return None
    timex = _Timex()
    asked = libc.adjtimex(ctypes.byref(timex))
    return bool(timex.maxerror < _SYNCHRONISED_BELOW_US) if asked >= 0 else None
