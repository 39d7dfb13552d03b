"""Durable before the next, and a status for every change of the signal."""

import asyncio
from decimal import Decimal

from devices.catalog.sig_blood_pressure import DEVICE
from devices.event import Event, Measured, Rejected, Samples, Signal, SignalState
from devices.metrics import PLETH, SPO2
from devices.reading import Quantity, Reading
from drivers.feed import Feed
from drivers.instrument import InstrumentState, Reason
from tests.drivers.listener import Listener

MEASURED = Measured((Quantity(SPO2, Decimal(97)),))
SAMPLES = Samples(PLETH, Decimal(20), (1, 2))


class SlowDisk(Listener):
    """Commits when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.committed = asyncio.Event()

    async def reading(self, reading: Reading) -> None:
        await self.committed.wait()
        await super().reading(reading)


async def test_nothing_overtakes_a_reading_that_is_not_durable_yet() -> None:
    disk = SlowDisk()
    delivery = asyncio.create_task(Feed(DEVICE, disk, "x").deliver([MEASURED, SAMPLES]))
    await asyncio.sleep(0.05)
    assert (disk.readings, disk.waveforms) == ([], [])
    disk.committed.set()
    assert await delivery
    assert (len(disk.readings), len(disk.waveforms)) == (1, 1)


async def test_only_rejects_mean_that_nothing_was_understood() -> None:
    feed = Feed(DEVICE, Listener(), "x")
    rejected: Event = Rejected("no frame", b"\x00")
    assert not await feed.deliver([rejected, rejected])
    assert await feed.deliver([rejected, SAMPLES])
    assert feed.rejected == 3


async def test_data_does_not_hide_what_the_sensor_says() -> None:
    listener = Listener()
    feed = Feed(DEVICE, listener, "x")
    await feed.deliver([Signal(SignalState.SENSOR_OFF), SAMPLES])
    assert listener.now("x") == (InstrumentState.READY, Reason.SENSOR_OFF)
    feed.tracker.faulty(Reason.NO_DATA)
    await feed.deliver([SAMPLES])
    assert listener.now("x") == (InstrumentState.READY, Reason.SENSOR_OFF)
    await feed.deliver([Signal(SignalState.SEARCHING), Signal(SignalState.MEASURING), SAMPLES])
    assert [s.reason for s in listener.statuses[-2:]] == [Reason.SEARCHING, Reason.NONE]
