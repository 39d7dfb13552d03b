"""JSON lines on standard output, from any thread of a probed program."""

import json
import sys
import threading
import time

_lock = threading.Lock()


def say(what: str, **fields: object) -> None:
    """One whole line: {"what", "t": time.time() in s, ...}."""
    line = json.dumps({"what": what, "t": time.time(), **fields}) + "\n"
    with _lock:
        sys.stdout.write(line)
        sys.stdout.flush()
