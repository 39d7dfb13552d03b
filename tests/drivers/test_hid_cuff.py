"""A cuff behind hidraw: whole reports at a node of its own, found by what sysfs says."""

from collections.abc import Iterator

import pytest

from devices import catalog
from devices.catalog.contec_08a import COUNT, HELLO, REPORT_BYTES, RESULTS, Decoder
from devices.event import Signal, SignalState
from devices.reading import Clock, Quality
from drivers.hid_port import find_hid
from drivers.instrument import InstrumentState, Reason
from drivers.serial_link import SerialLinks
from tests.drivers.listener import Listener, running
from tests.fakes import usb_bus
from tests.fakes.contec_08a_pty import IDS, Contec08A, record

ID = "usb:0483:5750:08A1"
OLD = record(148, 85, 72, 105, (23, 5, 1, 13, 9))
NEW = record(128, 80, 61, 98, (25, 7, 15, 10, 1))


@pytest.fixture
def cuff() -> Iterator[Contec08A]:
    usb_bus.require_private_namespace()
    unit = Contec08A([OLD, NEW])
    yield unit
    unit.close()


async def test_its_last_result_is_read_once_and_nothing_but_questions_is_sent(cuff: Contec08A) -> None:
    listener = Listener()
    async with running(SerialLinks(catalog.devices(), listener).run(), cuff.run()):
        await listener.until(lambda: len(listener.readings) == 1)
        cuff.hear(RESULTS)  # asked once more it says nothing new
        cuff.results.append(record(118, 76, 66, 90, (25, 7, 15, 10, 9)))
        cuff.hear(RESULTS)
        await listener.until(lambda: len(listener.readings) == 2)
    first, second = listener.readings
    assert [str(quantity.value) for quantity in first.quantities] == ["128", "80", "98"]
    assert [str(quantity.value) for quantity in second.quantities] == ["118", "76", "90"]
    assert (first.clock, first.quality) == (Clock.DEVICE, frozenset({Quality.FROM_MEMORY}))
    assert first.taken_at.replace(tzinfo=None).isoformat() == "2025-07-15T10:01:00"
    assert first.identity.device == "contec_08a" and first.identity.serial == "08A1"
    assert set(cuff.written) == {HELLO, COUNT, RESULTS}


async def test_a_long_memory_is_understood_to_its_end(cuff: Contec08A) -> None:
    """Its results come one by one, for longer than a silence may last."""
    decoder = Decoder()
    count = bytes((0x46, 0x41, 0x80, 0x80, 0x82)).ljust(REPORT_BYTES, b"\x00")
    for report in (count, OLD.ljust(REPORT_BYTES, b"\x00")):
        assert decoder.feed(report) == [Signal(SignalState.READY)]


async def test_before_its_first_answer_it_is_only_found(cuff: Contec08A) -> None:
    """The ids are the chip maker's."""
    listener = Listener()
    async with running(SerialLinks(catalog.devices(), listener).run()):
        await listener.until_state(ID, InstrumentState.FOUND)
        async with running(cuff.run()):
            await listener.until_state(ID, InstrumentState.READY)


def test_the_same_ids_by_bluetooth_are_not_plugged_in(cuff: Contec08A) -> None:
    match = [device for device in catalog.devices() if device.key == "contec_08a"]
    assert len(find_hid(match)) == 1
    usb_bus.plug_hid("hidraw1", "/dev/null", IDS, bus=0x05)
    try:
        assert len(find_hid(match)) == 1
    finally:
        usb_bus.unplug_hid("hidraw1")


async def test_a_cable_that_comes_out_is_said(cuff: Contec08A) -> None:
    listener = Listener()
    async with running(SerialLinks(catalog.devices(), listener).run(), cuff.run()):
        await listener.until(lambda: len(listener.readings) == 1)
        cuff.close()
        await listener.until_state(ID, InstrumentState.LOST, Reason.UNPLUGGED)


async def test_a_report_of_another_size_is_refused_and_the_next_one_is_understood(cuff: Contec08A) -> None:
    listener = Listener()
    async with running(SerialLinks(catalog.devices(), listener).run(), cuff.run()):
        await listener.until(lambda: len(listener.readings) == 1)
        cuff.say_part(b"\x82\x80\x94")
        await listener.until_state(ID, InstrumentState.FAULTY, Reason.GARBLED)
        cuff.results.append(OLD)
        await listener.until(lambda: len(listener.acts) == 2)
        await listener.until_state(ID, InstrumentState.READY)
