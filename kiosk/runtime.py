"""The asyncio thread: one loop, one way in. Qt owns the main thread and never waits for this one."""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)


class Runtime:
    """Runs one asyncio loop in a thread of its own until `stop()`."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="asyncio", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(
        self, coro: Coroutine[Any, Any, T], on_error: Callable[[BaseException], None] | None = None
    ) -> Future[T]:
        """Run a coroutine on the loop, from any thread. An error is logged and given to `on_error`."""
        future = asyncio.run_coroutine_threadsafe(coro, self.loop)

        def done(finished: Future[T]) -> None:
            if finished.cancelled():
                return
            error = finished.exception()
            if error is not None:
                log.error("command failed", exc_info=error)
                if on_error is not None:
                    on_error(error)

        future.add_done_callback(done)
        return future

    def stop(self, timeout_s: float = 5.0) -> None:
        """Cancel what runs, close the loop, join the thread."""
        if not self._thread.is_alive():
            return
        finishing = asyncio.run_coroutine_threadsafe(self._cancel_all(), self.loop)
        with contextlib.suppress(TimeoutError):
            finishing.result(timeout_s)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(timeout_s)

    async def _cancel_all(self) -> None:
        tasks = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()
