"""A PC-300 among all that share its bridge: four instruments in one box, real bytes on a pty."""

from collections.abc import Iterator

import pytest

from devices import catalog
from devices.device import SerialMatch
from devices.reading import Kind, Reading
from drivers.instrument import InstrumentState, Reason
from drivers.serial_link import SerialLinks
from tests.drivers.listener import Listener, running
from tests.fakes import usb_bus
from tests.fakes.pc300_pty import Pc300

ID = "usb:10c4:ea60:0001"


@pytest.fixture
def box() -> Iterator[Pc300]:
    usb_bus.require_private_namespace()
    unit = Pc300()
    unit.plug("ttyUSB0")
    yield unit
    unit.close()


def _values(readings: list[Reading]) -> list[list[str]]:
    return [[str(quantity.value) for quantity in reading.quantities] for reading in readings]


async def test_each_part_of_the_box_gives_its_result_once(box: Pc300) -> None:
    listener = Listener()
    serial = tuple(device for device in catalog.devices() if isinstance(device.match, SerialMatch))
    box.finger = None
    async with running(SerialLinks(serial, listener).run(), box.run()):
        await listener.until_state(ID, InstrumentState.READY, Reason.SENSOR_OFF)
        box.finger = 97, 300, 31
        await listener.until_state(ID, InstrumentState.MEASURING)
        box.measure_pressure(260, 97, 86, 63)
        box.measure_temperature(678)
        box.take_strip(56)
        for kind in (Kind.CUFF, Kind.THERMOMETER, Kind.GLUCOMETER):
            await listener.until(lambda k=kind: bool(listener.of(k)))  # type: ignore[misc]
        box.finger = None
        await listener.until_state(ID, InstrumentState.READY, Reason.SENSOR_OFF)
    assert _values(listener.of(Kind.CUFF)) == [["260", "86", "97", "63"]]
    assert _values(listener.of(Kind.THERMOMETER)) == [["36.78"]]
    assert _values(listener.of(Kind.GLUCOMETER)) == [["5.6"]]
    assert ["97", "300", "3.1"] in _values(listener.of(Kind.OXIMETER))
    assert {reading.identity.device for reading in listener.readings} == {"creative_pc300"}
    assert box.heard_at[-1] == box.line
