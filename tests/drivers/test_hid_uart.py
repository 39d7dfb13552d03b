"""A glucose meter behind a HID-to-serial bridge: reports with numbers, and a line that has to be set up."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from devices import catalog
from devices.device import HidMatch
from devices.reading import Clock, Kind, Quality
from devices.taidoc import request
from drivers.hid_port import find_hid
from drivers.hid_uart import HidUart
from drivers.instrument import DriverError, InstrumentState, Reason
from drivers.serial_link import SerialLinks
from tests.drivers.listener import Listener, running
from tests.drivers.status_log import until
from tests.fakes import usb_bus
from tests.fakes.hid_bridge import TaidocMeter

ID = "usb:10c4:ea80:00A1"
CONNECT = request(0x22)
OLD, TODAY, LATER = datetime(2026, 11, 20, 8), datetime(2026, 11, 28, 9, 30), datetime(2026, 11, 28, 12)


@pytest.fixture
def meter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TaidocMeter]:
    usb_bus.require_private_namespace()
    monkeypatch.setenv("TELECABINE_HIDRAW_DIR", str(tmp_path))
    unit = TaidocMeter(tmp_path, [(TODAY, 104, 0x80), (OLD, 131, 0)])
    unit.plug()
    yield unit
    unit.close()


def _read(listener: Listener) -> list[tuple[str, datetime | None]]:
    return [(str(reading.quantities[0].value), reading.device_time) for reading in listener.acts]


async def test_its_last_result_is_read_once_and_nothing_but_questions_is_sent(meter: TaidocMeter) -> None:
    """Plugged in again it is told again: somebody may mean it, and the hub knows it again."""
    listener = Listener()
    async with running(SerialLinks(catalog.devices(), listener).run(), meter.run()):
        await listener.until(lambda: len(listener.readings) == 1)
        meter.close()
        await listener.until_state(ID, InstrumentState.LOST, Reason.UNPLUGGED)
        meter.results.insert(0, (LATER, 95, 0x40))
        meter.plug()
        await listener.until(lambda: len(listener.readings) == 2)
        meter.close()
        await listener.until_state(ID, InstrumentState.LOST, Reason.UNPLUGGED)
        meter.plug()  # the same result once more
        await listener.until(lambda: len(listener.readings) == 3)
        await listener.until_state(ID, InstrumentState.READY)
    assert _read(listener) == [("104", TODAY), ("95", LATER)]
    first, second = listener.acts
    assert (first.kind, first.clock) == (Kind.GLUCOMETER, Clock.CORRECTED)
    assert first.identity.device == "taidoc_glucose_usb"
    assert first.quality == {Quality.FROM_MEMORY, Quality.AFTER_MEAL}
    assert second.quality == {Quality.FROM_MEMORY, Quality.BEFORE_MEAL}
    assert (meter.refused, meter.forbidden) == ([], [])
    assert {command[1] for command in meter.written} == {0x22, 0x23, 0x24, 0x25, 0x26}


async def test_asked_once_more_on_one_connection_it_says_nothing_new(meter: TaidocMeter) -> None:
    """It is asked every ten seconds, and asks to be asked itself."""
    listener = Listener()
    async with running(SerialLinks(catalog.devices(), listener).run(), meter.run()):
        await listener.until(lambda: len(listener.readings) == 1)
        asked = len(meter.written)
        meter.call()
        await until(lambda: len(meter.written) == asked + 4)
        meter.results.insert(0, (LATER, 95, 0x40))
        meter.call()
        await listener.until(lambda: len(listener.readings) == 2)
    assert (_read(listener), len(listener.readings)) == ([("104", TODAY), ("95", LATER)], 2)


async def test_its_clock_is_read_and_what_it_is_off_is_told(meter: TaidocMeter) -> None:
    """It shows no seconds: a right one is off by nothing, a slow one by no more than is certain."""
    listener = Listener()
    async with running(SerialLinks(catalog.devices(), listener).run(), meter.run()):
        await listener.until(lambda: len(listener.readings) == 1)
        meter.close()
        await listener.until_state(ID, InstrumentState.LOST, Reason.UNPLUGGED)
        meter.clock_offset = timedelta(hours=-1)
        meter.plug()
        await listener.until(lambda: len(listener.readings) == 2)
    right, slow = listener.readings
    assert {(r.clock, r.device_time) for r in (right, slow)} == {(Clock.CORRECTED, TODAY)}
    assert right.clock_offset_s is not None and 0 <= right.clock_offset_s < 5
    assert slow.clock_offset_s is not None and 3540 <= slow.clock_offset_s < 3605


@pytest.mark.parametrize("there", [0x22, 0x24])
async def test_one_that_does_not_tell_its_clock_gives_its_result(meter: TaidocMeter, there: int) -> None:
    listener = Listener()
    meter.clock_offset, meter.there = None, there
    async with running(SerialLinks(catalog.devices(), listener).run(), meter.run()):
        await until(lambda: meter.written[-1:] != [] and meter.written[-1][1] == 0x23)
        meter.hear(CONNECT)  # it is asked every ten seconds whether it is there
        await listener.until(lambda: len(listener.readings) == 1)
    assert _read(listener) == [("104", TODAY)]
    assert listener.readings[0].clock is Clock.DEVICE


@pytest.mark.parametrize("there", [0x24, 0x54])
async def test_it_has_other_ways_to_say_that_it_is_there(meter: TaidocMeter, there: int) -> None:
    listener = Listener()
    meter.there, meter.piece_bytes = there, 63
    async with running(SerialLinks(catalog.devices(), listener).run(), meter.run()):
        await listener.until(lambda: len(listener.readings) == 1)
    assert _read(listener) == [("104", TODAY)]


async def test_something_else_at_such_a_bridge_is_only_found(meter: TaidocMeter) -> None:
    """A cuff of the same make, and control solution in a meter."""
    listener = Listener()
    meter.model = b"\x28\x31"
    async with running(SerialLinks(catalog.devices(), listener).run(), meter.run()):
        await until(lambda: len(meter.written) == 2)
        meter.close()
        await listener.until_state(ID, InstrumentState.LOST, Reason.UNPLUGGED)
        assert InstrumentState.READY not in [status.state for status in listener.statuses]
        meter.model, meter.results = b"\x77\x42", [(TODAY, 104, 0xC0)]
        meter.plug()
        await listener.until_state(ID, InstrumentState.READY)
        await until(lambda: meter.written[-1][1] == 0x26)
        meter.close()
        await listener.until_state(ID, InstrumentState.LOST, Reason.UNPLUGGED)
    assert listener.readings == []


async def test_a_damaged_answer_is_no_result_and_it_is_asked_again(meter: TaidocMeter) -> None:
    listener = Listener()
    meter.damaged = True
    async with running(SerialLinks(catalog.devices(), listener).run(), meter.run()):
        await until(lambda: bool(meter.written))
        assert listener.readings == []
        await listener.until(lambda: len(listener.readings) == 1)


async def test_a_report_that_says_more_than_it_holds_is_refused(meter: TaidocMeter) -> None:
    listener = Listener()
    async with running(SerialLinks(catalog.devices(), listener).run(), meter.run()):
        await listener.until(lambda: len(listener.readings) == 1)
        meter.report(b"\x09\x51\x22")
        await listener.until_state(ID, InstrumentState.FAULTY, Reason.GARBLED)
        await listener.until_state(ID, InstrumentState.READY)


async def test_what_is_longer_than_a_report_goes_in_several(meter: TaidocMeter) -> None:
    (found,) = find_hid(catalog.devices())
    match = found.devices[0].match
    assert isinstance(match, HidMatch)
    port = HidUart(found.node, match)
    async with running(meter.run()):
        await port.open()
        await port.write(bytes(range(100)))
        await until(lambda: len(meter.written) == 2)
        meter.close()
        with pytest.raises(DriverError) as caught:
            await port.read()
        await port.close()
    assert b"".join(meter.written) == bytes(range(100))
    assert caught.value.reason is Reason.UNPLUGGED
