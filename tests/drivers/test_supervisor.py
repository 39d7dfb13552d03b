"""One driver's failure stays its own."""

import asyncio
import logging
from dataclasses import replace

import pytest

from devices.catalog.contec_cms50_v7 import DEVICE
from devices.reading import Kind
from drivers.instrument import DriverError, InstrumentState, InstrumentStatus, Reason, Sink
from drivers.supervisor import Supervisor
from tests.drivers.listener import Listener, running
from tests.fakes import usb_bus
from tests.fakes.contec_pty import ContecSpeaker

CAMERA = InstrumentStatus("camera:1", Kind.OTOSCOPE, "Otoscope", InstrumentState.MEASURING)


class FailingLink:
    """A camera driver that finds its camera and breaks down; the third time it holds."""

    starts = 0

    def __init__(self, sink: Sink, failure: Exception) -> None:
        self._sink = sink
        self._failure = failure

    async def run(self) -> None:
        type(self).starts += 1
        self._sink.status(CAMERA)
        if type(self).starts < 3:
            raise self._failure
        await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (ZeroDivisionError("a bug"), Reason.DRIVER_FAILED),
        (DriverError(Reason.CAMERA_STALLED), Reason.CAMERA_STALLED),
    ],
)
async def test_a_crash_is_contained_named_and_restarted(
    failure: Exception, reason: Reason, caplog: pytest.LogCaptureFixture
) -> None:
    usb_bus.require_private_namespace()
    FailingLink.starts = 0
    listener, oximeter = Listener(), ContecSpeaker()
    oximeter.plug()
    supervisor = Supervisor((DEVICE,), listener, (lambda sink: FailingLink(sink, failure),))
    with caplog.at_level(logging.ERROR):
        async with running(supervisor.run(), oximeter.run()):
            await listener.until_state(CAMERA.id, InstrumentState.FAULTY, reason)
            await listener.until(lambda: FailingLink.starts == 3)
            await listener.until_state(CAMERA.id, InstrumentState.MEASURING)
            await listener.until(lambda: len(listener.readings) >= 1)
            known = {status.id: status.state for status in supervisor.statuses()}
    oximeter.close()
    assert known == {CAMERA.id: InstrumentState.MEASURING, "usb:10c4:ea60:0001": InstrumentState.MEASURING}
    assert type(failure).__name__ in caplog.text


async def test_a_driver_that_ends_is_a_fault() -> None:
    listener = Listener()

    class Quitter:
        def __init__(self, sink: Sink) -> None:
            self._sink = sink

        async def run(self) -> None:
            self._sink.status(CAMERA)

    async with running(Supervisor((), listener, (Quitter,)).run()):
        await listener.until_state(CAMERA.id, InstrumentState.FAULTY, Reason.DRIVER_FAILED)


async def test_what_is_not_missed_is_not_kept() -> None:
    class Passing:
        """A driver in whose reach something was, and is no more."""

        def __init__(self, sink: Sink) -> None:
            self._sink = sink

        async def run(self) -> None:
            self._sink.status(CAMERA)
            self._sink.status(replace(CAMERA, state=InstrumentState.ABSENT))
            await asyncio.Event().wait()

    listener = Listener()
    supervisor = Supervisor((), listener, (Passing,))
    async with running(supervisor.run()):
        await listener.until_state(CAMERA.id, InstrumentState.ABSENT)
        assert supervisor.statuses() == ()
