"""Cuff modules at a bridge that a Nonin cable has too: asked for their last result, and never started."""

from collections.abc import Iterator

import pytest

from devices.catalog import by_key
from devices.reading import Kind
from drivers.instrument import InstrumentState
from drivers.serial_link import SerialLinks
from tests.drivers.listener import Listener, running
from tests.fakes import usb_bus
from tests.fakes.serial_line import Line
from tests.fakes.serial_unit import Answerer
from tests.fakes.usb_bus import UsbIds

BEFORE = bytes.fromhex("3e1873004a001e01000000000000310755005800000000e9")
AFTER = bytes.fromhex("3e18800052001e01000000000000310747006100000000d9")
LINE_BEFORE = b"\x02S1;A0;C03;M00;P120080093;R072;T0005;;3B\x03\r"
LINE_AFTER = b"\x02S1;A0;C03;M00;P131085100;R072;T0005;;37\x03\r"


def _ids(serial: str) -> UsbIds:
    return UsbIds(0x0403, 0x6001, serial)


@pytest.fixture
def suntech() -> Iterator[Answerer]:
    usb_bus.require_private_namespace()
    module = Answerer(bytes.fromhex("3a7903004a"), BEFORE, Line(9600), _ids("S"))
    yield module
    module.close()


@pytest.fixture
def text() -> Iterator[Answerer]:
    module = Answerer(b"\x0218;;DF\x03", LINE_BEFORE, Line(4800), _ids("T"))
    yield module
    module.close()


async def test_what_was_measured_before_is_nobodys_and_the_next_result_is_read(
    suntech: Answerer, text: Answerer
) -> None:
    listener = Listener()
    devices = [by_key()[key] for key in ("nonin_xpod", "suntech_advantage", "ascii_cuff")]
    suntech.plug("ttyUSB0")
    text.plug("ttyUSB1")
    async with running(SerialLinks(devices, listener).run(), suntech.run(), text.run()):
        for id_ in ("usb:0403:6001:S", "usb:0403:6001:T"):
            await listener.until_state(id_, InstrumentState.READY)
        assert listener.readings == []
        suntech.answer, text.answer = AFTER, LINE_AFTER
        await listener.until(lambda: len(listener.readings) == 2)
    read = {r.identity.device: [str(q.value) for q in r.quantities] for r in listener.readings}
    assert read == {"suntech_advantage": ["128", "82", "97", "71"], "ascii_cuff": ["131", "85", "100", "72"]}
    assert {r.kind for r in listener.readings} == {Kind.CUFF}
