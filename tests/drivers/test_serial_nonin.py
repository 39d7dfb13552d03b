"""A Nonin sensor cable on a USB serial port, beside a Contec: real bytes on ptys, unmodified pyserial."""

from collections.abc import Iterator

import pytest

from devices import catalog
from devices.device import SerialMatch
from devices.reading import Absent
from drivers.instrument import InstrumentState, Reason
from drivers.serial_link import SerialLinks
from tests.drivers.listener import Listener, running
from tests.fakes import usb_bus
from tests.fakes.contec_pty import ContecSpeaker
from tests.fakes.nonin_pty import Xpod

ID = "usb:0403:6001:FT0001"


@pytest.fixture
def xpod() -> Iterator[Xpod]:
    usb_bus.require_private_namespace()
    cable = Xpod()
    yield cable
    cable.close()


async def test_it_streams_beside_a_contec_and_neither_takes_the_others_numbers(xpod: Xpod) -> None:
    listener, contec = Listener(), ContecSpeaker(content_frames=80)
    contec.plug()
    serial = tuple(device for device in catalog.devices() if isinstance(device.match, SerialMatch))
    try:
        async with running(SerialLinks(serial, listener).run(), xpod.run(), contec.run()):
            await listener.until_state(ID, InstrumentState.MEASURING)
            await listener.until(lambda: _devices(listener) == {"contec_cms50_v7", "nonin_xpod"})
            xpod.finger_in = False
            await listener.until_state(ID, InstrumentState.READY, Reason.SENSOR_OFF)
            await listener.until(lambda: listener.readings[-1].quantities[0].absent is Absent.SENSOR_OFF)
    finally:
        contec.close()
    first = next(reading for reading in listener.readings if reading.identity.device == "nonin_xpod")
    assert [quantity.value for quantity in first.quantities] == [97, 138]
    waves = [wave for wave in listener.waveforms if wave.identity.device == "nonin_xpod"]
    pleth = [sample for wave in waves for sample in wave.samples]
    assert pleth == [(pleth[0] + n) % 200 for n in range(len(pleth))]


async def test_a_cable_that_was_told_to_speak_format_7_is_understood_as_that() -> None:
    usb_bus.require_private_namespace()
    listener, cable = Listener(), Xpod(data_format=7)
    serial = tuple(device for device in catalog.devices() if isinstance(device.match, SerialMatch))
    try:
        async with running(SerialLinks(serial, listener).run(), cable.run()):
            await listener.until_state(ID, InstrumentState.MEASURING)
            await listener.until(lambda: bool(listener.readings))
            cable.finger_in = False
            await listener.until_state(ID, InstrumentState.READY, Reason.SENSOR_OFF)
    finally:
        cable.close()
    assert _devices(listener) == {"nonin_xpod_7"}
    assert [quantity.value for quantity in listener.readings[0].quantities] == [97, 138]


def _devices(listener: Listener) -> set[str]:
    return {reading.identity.device for reading in listener.readings}
