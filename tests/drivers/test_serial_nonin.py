"""Nonin oximeters on a USB serial port, in each format: real bytes on ptys, unmodified pyserial."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from devices import catalog
from devices.device import Device, SerialMatch
from devices.reading import Absent, Clock, Quality
from drivers.instrument import InstrumentState, Reason
from drivers.serial_link import SerialLinks
from tests.drivers.listener import Listener, running
from tests.drivers.status_log import until
from tests.fakes import usb_bus
from tests.fakes.contec_pty import ContecSpeaker
from tests.fakes.nonin_pty import Xpod
from tests.fakes.nonin_slow import Format8, SpotChecker

ID = "usb:0403:6001:FT0001"
YESTERDAY, TODAY = datetime(2026, 11, 27, 17, 45, 12), datetime(2026, 11, 28, 9, 30, 5)


@pytest.fixture
def slow() -> Iterator[Format8]:
    usb_bus.require_private_namespace()
    unit = Format8()
    yield unit
    unit.close()


@pytest.fixture
def spot_checker() -> Iterator[SpotChecker]:
    usb_bus.require_private_namespace()
    unit = SpotChecker()
    yield unit
    unit.close()


@pytest.fixture
def xpod() -> Iterator[Xpod]:
    usb_bus.require_private_namespace()
    cable = Xpod()
    yield cable
    cable.close()


async def test_it_streams_beside_a_contec_and_neither_takes_the_others_numbers(xpod: Xpod) -> None:
    listener, contec = Listener(), ContecSpeaker(content_frames=80)
    contec.plug()
    try:
        async with running(SerialLinks(_serial(), listener).run(), xpod.run(), contec.run()):
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
    try:
        async with running(SerialLinks(_serial(), listener).run(), cable.run()):
            await listener.until_state(ID, InstrumentState.MEASURING)
            await listener.until(lambda: bool(listener.readings))
            cable.finger_in = False
            await listener.until_state(ID, InstrumentState.READY, Reason.SENSOR_OFF)
    finally:
        cable.close()
    assert _devices(listener) == {"nonin_xpod_7"}
    assert [quantity.value for quantity in listener.readings[0].quantities] == [97, 138]


async def test_four_bytes_a_second_are_told_by_listening_and_a_lost_one_is_no_fault(slow: Format8) -> None:
    listener = Listener()
    slow.plug("ttyUSB5")
    async with running(SerialLinks(_serial(), listener).run(), slow.run()):
        await listener.until_state(ID, InstrumentState.MEASURING)
        await listener.until(lambda: bool(listener.readings))
        assert slow.written == b"", "who streams is asked nothing"
        slow.lost = 1
        await until(lambda: not slow.lost)
        slow.finger_in = False
        await listener.until_state(ID, InstrumentState.READY, Reason.SENSOR_OFF)
    assert not [status for status in listener.statuses if status.state is InstrumentState.FAULTY]
    assert _devices(listener) == {"nonin_xpod_8"}
    assert [quantity.value for quantity in listener.readings[0].quantities] == [97, 138]
    assert listener.readings[-1].quantities[0].absent is Absent.SENSOR_OFF
    assert listener.waveforms == []


async def test_four_bytes_a_second_that_end_are_missed_and_understood_again(slow: Format8) -> None:
    listener = Listener()
    slow.plug("ttyUSB5")
    async with running(SerialLinks(_serial(), listener).run(), slow.run()):
        await listener.until_state(ID, InstrumentState.MEASURING)
        slow.silent = True
        await listener.until_state(ID, InstrumentState.FAULTY, Reason.NO_DATA)
        slow.silent, slow.sensor_in, slow.low_battery = False, False, True
        await listener.until_state(ID, InstrumentState.READY, Reason.SENSOR_OFF)
        await listener.until(lambda: listener.statuses[-1].battery_is_low)


async def test_four_bytes_a_second_go_on_with_the_first_frame_after_a_replug(slow: Format8) -> None:
    listener = Listener()
    slow.plug("ttyUSB5")
    async with running(SerialLinks(_serial(), listener).run(), slow.run()):
        await listener.until_state(ID, InstrumentState.MEASURING)
        slow.close()
        await listener.until_state(ID, InstrumentState.LOST, Reason.UNPLUGGED)
        before, told = slow.frames_sent, len(listener.readings)
        slow.numbers = (91, 99)
        slow.plug("ttyUSB6")
        await listener.until(lambda: len(listener.readings) > told)
        assert slow.frames_sent - before == 2, "a frame is over when the next one begins"
    assert [quantity.value for quantity in listener.readings[told].quantities] == [91, 99]


async def test_a_spot_check_that_was_kept_comes_first_and_says_of_when_it_is(
    spot_checker: SpotChecker,
) -> None:
    """It is sent once, and forgotten: whoever listens first has to understand it."""
    listener = Listener()
    spot_checker.remember(YESTERDAY, 95, 61)
    spot_checker.plug("ttyUSB5")
    async with running(SerialLinks(_serial(), listener).run(), spot_checker.run()):
        await listener.until(lambda: len(listener.readings) == 1)
        spot_checker.measure(TODAY, 97, 138)
        await listener.until(lambda: len(listener.readings) == 2)
        await listener.until_state(ID, InstrumentState.READY)
    kept, fresh = listener.readings
    assert [quantity.value for quantity in kept.quantities] == [95, 61]
    assert [quantity.value for quantity in fresh.quantities] == [97, 138]
    assert (kept.device_time, fresh.device_time) == (YESTERDAY, TODAY)
    assert (kept.quality, fresh.quality) == (frozenset({Quality.FROM_MEMORY}), frozenset())
    assert {kept.clock, fresh.clock} == {Clock.DEVICE}
    assert _devices(listener) == {"nonin_spot"}
    assert spot_checker.written == b""


def _serial() -> tuple[Device, ...]:
    return tuple(device for device in catalog.devices() if isinstance(device.match, SerialMatch))


def _devices(listener: Listener) -> set[str]:
    return {reading.identity.device for reading in listener.readings}
