"""An ECG board on a USB serial port: real bytes on a pty, unmodified pyserial."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from devices import catalog
from devices.device import SerialMatch
from devices.metrics import ECG
from devices.reading import Kind
from drivers.instrument import InstrumentState, Reason
from drivers.serial_link import SerialLinks
from tests.drivers.listener import Listener, running
from tests.fakes import usb_bus
from tests.fakes.ecg_pty import TURN, EcgBoard

ID = "usb:10c4:ea60:ECG1"


@pytest.fixture
def board() -> Iterator[EcgBoard]:
    usb_bus.require_private_namespace()
    unit = EcgBoard()
    unit.plug("ttyUSB0")
    yield unit
    unit.close()


async def test_its_wave_comes_whole_and_nothing_it_says_becomes_a_reading(board: EcgBoard) -> None:
    listener = Listener()
    serial = tuple(device for device in catalog.devices() if isinstance(device.match, SerialMatch))
    async with running(SerialLinks(serial, listener).run(), board.run()):
        await listener.until_state(ID, InstrumentState.MEASURING)
        await listener.until(lambda: len(listener.waveforms) >= 20)
        seen = listener.waveforms[:20]
        board.electrodes_on = False
        await listener.until_state(ID, InstrumentState.READY, Reason.SENSOR_OFF)
        count = len(listener.waveforms)
        board.electrodes_on = True
        await listener.until(lambda: len(listener.waveforms) > count)
    assert {(wave.kind, wave.metric, wave.identity.device) for wave in seen} == {(Kind.ECG, ECG, "bmd101")}
    samples = [sample for wave in seen for sample in wave.samples]
    assert len(samples) == 20 * 64
    assert all((later - sooner) % TURN == 1 for sooner, later in pairwise(samples))
    assert listener.waveforms[count].gap
    assert listener.readings == []
