"""One recording of the stethoscope at a time: helper, physician and a line that is too narrow may all ask."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class SoundRecorder:
    """`record(site)` makes one recording; `told` hears when one begins and ends."""

    def __init__(
        self, record: Callable[[str], Coroutine[Any, Any, None]], told: Callable[[bool], None]
    ) -> None:
        self._record = record
        self._told = told
        self._site = ""
        self._task: asyncio.Task[None] | None = None
        self._beginning = asyncio.Lock()

    async def at(self, site: str) -> None:
        """Record there; returns when that recording has ended. "": wherever it is.

        One that runs at the same point goes on. At another point it begins anew: no sound in the record may
        come from two places.
        """
        async with self._beginning:
            if self._task is not None and site in ("", self._site):
                return
            await self._stop()
            self._site = site
            task = self._task = asyncio.create_task(self._run(site))
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            task.cancel()
            raise
        if not task.cancelled():
            task.result()

    @property
    def busy(self) -> bool:
        return self._task is not None

    async def stop(self) -> None:
        """Nothing is kept of a recording that has not ended."""
        async with self._beginning:
            await self._stop()

    async def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self, site: str) -> None:
        self._told(True)
        try:
            await self._record(site)
        finally:
            self._task = None
            self._told(False)
