"""Named tasks that belong to one owner, and waiting with a limit that really ends."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from drivers.instrument import DriverError, Reason

T = TypeVar("T")


class Tasks:
    """At most one running task a name. What a task raises is raised where it is cancelled, not before."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def running(self, name: str) -> bool:
        task = self._tasks.get(name)
        return task is not None and not task.done()

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self._tasks[name] = asyncio.create_task(work, name=name)

    def forget(self, name: str) -> None:
        """One that has ended, whatever it raised."""
        if not self.running(name):
            self._tasks.pop(name, None)

    async def cancel(self, name: str) -> None:
        """Cancel and wait until it has cleaned up."""
        task = self._tasks.pop(name, None)
        if task is not None:
            task.cancel()
            await _ended(task)

    async def cancel_all(self) -> None:
        tasks = tuple(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        for task in tasks:
            await _ended(task)


async def _ended(task: asyncio.Task[None]) -> None:
    await asyncio.wait({task})
    if not task.cancelled():
        task.result()


async def bounded(work: Coroutine[Any, Any, T], limit_s: float) -> T:
    """Wait at most `limit_s`, then raise DriverError(TIMEOUT), also when `work` resists being cancelled."""
    task = asyncio.create_task(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=limit_s)
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(_forget)
    if not done:
        raise DriverError(Reason.TIMEOUT, f"no answer within {limit_s} s")
    return task.result()


def _forget(task: asyncio.Task[Any]) -> None:
    """Whatever an abandoned operation ends with has been reported as a timeout already."""
    if not task.cancelled():
        task.exception()


@asynccontextmanager
async def beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """While the block runs, so do these; then they are cancelled."""
    tasks = {asyncio.create_task(each) for each in work}
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
