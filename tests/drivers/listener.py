"""A sink that keeps what it is told, and lets a test wait for it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from devices.reading import Kind, Reading, Waveform
from drivers.instrument import InstrumentState, InstrumentStatus, Reason
from kiosk.duplicates import Duplicates

WAIT_S = 20.0


class Listener:
    """Everything drivers delivered, in order. `acts`: the readings that the hub would not know again."""

    def __init__(self) -> None:
        self.statuses: list[InstrumentStatus] = []
        self.readings: list[Reading] = []
        self.waveforms: list[Waveform] = []
        self.acts: list[Reading] = []
        self._news = asyncio.Event()
        self._known = Duplicates()

    def status(self, status: InstrumentStatus) -> None:
        self.statuses.append(status)
        self._news.set()

    async def reading(self, reading: Reading) -> None:
        await asyncio.sleep(0)  # as a commit does: others run meanwhile
        self.readings.append(reading)
        if not self._known.seen(reading):
            self._known.remember(reading)
            self.acts.append(reading)
        self._news.set()

    def waveform(self, waveform: Waveform) -> None:
        self.waveforms.append(waveform)
        self._news.set()

    def now(self, id_: str) -> tuple[InstrumentState, Reason] | None:
        """The state of one instrument as last reported."""
        last = [(s.state, s.reason) for s in self.statuses if s.id == id_]
        return last[-1] if last else None

    def of(self, kind: Kind) -> list[Reading]:
        return [reading for reading in self.readings if reading.kind is kind]

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for something to become true; says what was reported when it does not."""
        try:
            async with asyncio.timeout(WAIT_S):
                while not true():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            seen = "\n".join(f"{s.id} {s.state} {s.reason}" for s in self.statuses[-20:])
            raise AssertionError(f"did not happen; {len(self.readings)} readings; states:\n{seen}") from None

    async def until_state(self, id_: str, state: InstrumentState, reason: Reason = Reason.NONE) -> None:
        await self.until(lambda: self.now(id_) == (state, reason))


@asynccontextmanager
async def running(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run drivers and simulators beside the test; what they raise fails it."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in work]
        yield
        for task in tasks:
            task.cancel()
