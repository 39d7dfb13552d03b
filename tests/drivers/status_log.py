"""A Sink that remembers what the drivers said, for tests to wait on."""

import asyncio
from collections.abc import Callable

from devices.reading import Reading, Waveform
from drivers.instrument import InstrumentState, InstrumentStatus, Reason

PATIENCE_S = 15.0


class StatusLog:
    """Everything reported, in order."""

    def __init__(self) -> None:
        self.statuses: list[InstrumentStatus] = []
        self.readings: list[Reading] = []
        self.waveforms: list[Waveform] = []

    def status(self, status: InstrumentStatus) -> None:
        self.statuses.append(status)

    async def reading(self, reading: Reading) -> None:
        self.readings.append(reading)

    def waveform(self, waveform: Waveform) -> None:
        self.waveforms.append(waveform)

    @property
    def now(self) -> tuple[InstrumentState, Reason] | None:
        """The last state and reason."""
        return (self.statuses[-1].state, self.statuses[-1].reason) if self.statuses else None

    async def until(self, state: InstrumentState, reason: Reason = Reason.NONE) -> InstrumentStatus:
        """Wait until this is the last status."""
        await until(lambda: self.now == (state, reason), lambda: f"still {self.now}, not {state}, {reason}")
        return self.statuses[-1]


async def until(done: Callable[[], bool], complaint: Callable[[], str] = lambda: "it never happened") -> None:
    """Wait, generously, for a condition."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while not done():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(complaint())
        await asyncio.sleep(0.02)
