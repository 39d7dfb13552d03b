"""aiortc encodes each picture in whichever thread of the loop's pool is idle, and each has a heap of its own.

Another size needs another encoder: on a line that changes, megabytes are taken now from one heap, now from
another, and all of them grow.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiortc import RTCRtpSender

_LOOP = "_RTCRtpSender__loop"  # asked for nothing but a thread


class EncodingThread:
    """The one thread in which a sender encodes, and so the one heap. Make it before the sender sends.

    `close` it after the sender has stopped. Raises AttributeError in another aiortc.
    """

    def __init__(self, sender: RTCRtpSender) -> None:
        if not hasattr(sender, _LOOP):
            raise AttributeError(f"this aiortc has no {_LOOP}: see where it encodes now")
        self._loop: asyncio.AbstractEventLoop = getattr(sender, _LOOP)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pictures")
        setattr(sender, _LOOP, self)

    def run_in_executor(self, pool: None, work: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        """In place of the loop's."""
        return self._loop.run_in_executor(self._thread, work, *args)

    def close(self) -> None:
        """Idempotent; waits for nothing."""
        self._thread.shutdown(wait=False)
