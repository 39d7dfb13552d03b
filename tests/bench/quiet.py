"""A figure taken on a busy machine says little: wait for a quiet moment, and say how quiet it was."""

import time

import psutil

PATIENCE_S = 120.0
_LOOK_S = 2.0
_QUIET = 0.8


def wait_for_quiet(patience_s: float = PATIENCE_S) -> float:
    """Wait until four fifths of the machine were idle for two seconds, or until patience ends.

    Returns the idle share (0 to 1) that was seen last: it belongs into the result.
    """
    deadline = time.monotonic() + patience_s
    while True:
        times = psutil.cpu_times_percent(_LOOK_S)
        idle = round((times.idle + times.iowait) / 100, 2)
        if idle >= _QUIET or time.monotonic() > deadline:
            return idle
