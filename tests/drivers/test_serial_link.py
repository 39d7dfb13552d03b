"""A Contec oximeter on a USB serial port: real bytes on a pty, unmodified pyserial."""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from devices.catalog.contec_cms50_v7 import DEVICE
from devices.reading import Absent, Clock, Kind
from drivers.instrument import InstrumentState, Reason
from drivers.serial_link import SerialLinks
from tests.drivers.listener import Listener, running
from tests.fakes import frames, usb_bus
from tests.fakes.contec_pty import ContecSpeaker
from tests.fakes.usb_bus import UsbIds

ID = "usb:10c4:ea60:0001"


@pytest.fixture(autouse=True)
def _private() -> None:
    usb_bus.require_private_namespace()


@pytest.fixture
async def oximeter() -> AsyncIterator[ContecSpeaker]:
    speaker = ContecSpeaker(content_frames=80)
    yield speaker
    speaker.close()


def _links(listener: Listener) -> SerialLinks:
    return SerialLinks((DEVICE,), listener)


async def test_found_by_usb_ids_and_streams(oximeter: ContecSpeaker) -> None:
    listener = Listener()
    stranger = ContecSpeaker(UsbIds(0x1A86, 0x7523, "CH340"))
    stranger.plug("ttyUSB0")
    oximeter.plug("ttyUSB3")
    try:
        async with running(oximeter.run(), stranger.run()):
            async with running(_links(listener).run()):
                await listener.until(lambda: len(listener.readings) >= 2)
            while oximeter.commands[-1] != frames.CONTEC_STOP:  # noqa: ASYNC110  the test has a limit
                await asyncio.sleep(0.05)
    finally:
        stranger.close()
    assert stranger.commands == []
    assert oximeter.commands[0] == frames.CONTEC_START
    assert {status.id for status in listener.statuses} == {ID}
    assert listener.now(ID) == (InstrumentState.MEASURING, Reason.NONE)
    first, second = listener.readings[:2]
    assert first.id != second.id
    assert first.clock is Clock.KIOSK
    assert (first.identity.device, first.identity.serial) == (DEVICE.key, "0001")
    assert [str(q.value) for q in first.quantities] == ["98", "72", "3.12"]
    assert [str(q.value) for q in second.quantities] == ["97", "74", "2.98"]


async def test_the_pulse_wave_is_continuous(oximeter: ContecSpeaker) -> None:
    listener = Listener()
    oximeter.plug()
    async with running(_links(listener).run(), oximeter.run()):
        await listener.until(lambda: len(listener.waveforms) >= 20)
    assert [w.sequence for w in listener.waveforms] == list(range(len(listener.waveforms)))
    assert not any(w.gap for w in listener.waveforms)
    for before, after in pairwise(listener.waveforms):
        period_s = float(before.period_ms) / 1000
        assert (after.t0 - before.t0).total_seconds() == pytest.approx(len(before.samples) * period_s)


async def test_finger_out_and_in_again(oximeter: ContecSpeaker) -> None:
    listener = Listener()
    oximeter.plug()
    async with running(_links(listener).run(), oximeter.run()):
        await listener.until_state(ID, InstrumentState.MEASURING)
        oximeter.finger_out()
        await listener.until_state(ID, InstrumentState.READY, Reason.SENSOR_OFF)
        oximeter.finger_in()
        await listener.until_state(ID, InstrumentState.MEASURING)
    absent = [r for r in listener.readings if r.quantities[0].absent is Absent.SENSOR_OFF]
    assert len(absent) == 1
    assert all(quantity.value is None for quantity in absent[0].quantities)


async def test_damaged_frames_are_counted_and_leave_a_gap(oximeter: ContecSpeaker) -> None:
    listener = Listener()
    oximeter.plug()
    async with running(_links(listener).run(), oximeter.run()):
        await listener.until(lambda: len(listener.readings) >= 1)
        oximeter.corrupt(5)
        oximeter.truncate(1)
        await listener.until(lambda: len(listener.readings) >= 3)
    assert oximeter.frames_damaged == 6
    assert [w for w in listener.waveforms if w.gap]
    expected = [v and [v.spo2, v.pulse_rate] for v in oximeter.readings]
    seen = [[int(q.value or 0) for q in r.quantities[:2]] for r in listener.readings]
    assert seen == expected[: len(seen)]


async def test_only_damaged_frames_say_so(oximeter: ContecSpeaker) -> None:
    listener = Listener()
    oximeter.plug()
    oximeter.corrupt(10_000)
    async with running(_links(listener).run(), oximeter.run()):
        await listener.until_state(ID, InstrumentState.FAULTY, Reason.GARBLED)
    assert listener.readings == []


async def test_unplugged_while_measuring_and_back_under_another_name(oximeter: ContecSpeaker) -> None:
    listener = Listener()
    oximeter.plug("ttyUSB0")
    async with running(_links(listener).run(), oximeter.run()):
        await listener.until(lambda: len(listener.waveforms) >= 3)
        await oximeter.unplug()
        await listener.until_state(ID, InstrumentState.LOST, Reason.UNPLUGGED)
        before = len(listener.waveforms)
        oximeter.plug("ttyUSB1")
        await listener.until_state(ID, InstrumentState.MEASURING)
        await listener.until(lambda: len(listener.waveforms) >= before + 3)
    assert {status.id for status in listener.statuses} == {ID}
    assert listener.waveforms[before].gap
    assert [w.sequence for w in listener.waveforms] == list(range(len(listener.waveforms)))
    assert len(listener.readings) == len(oximeter.readings)


async def test_silence_is_noticed_and_ends(oximeter: ContecSpeaker) -> None:
    listener = Listener()
    oximeter.plug()
    async with running(_links(listener).run(), oximeter.run()):
        await listener.until_state(ID, InstrumentState.MEASURING)
        oximeter.silent = True
        await listener.until_state(ID, InstrumentState.FAULTY, Reason.NO_DATA)
        oximeter.silent = False
        await listener.until_state(ID, InstrumentState.MEASURING)


async def test_a_port_that_somebody_else_uses(oximeter: ContecSpeaker) -> None:
    listener = Listener()
    oximeter.plug()
    other = os.open("/dev/ttyUSB0", os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(other, fcntl.LOCK_EX)
    try:
        async with running(_links(listener).run(), oximeter.run()):
            await listener.until_state(ID, InstrumentState.FAULTY, Reason.PORT_BUSY)
            os.close(other)
            other = -1
            await listener.until_state(ID, InstrumentState.MEASURING)
    finally:
        if other >= 0:
            os.close(other)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
async def test_a_port_that_is_not_ours_to_open(oximeter: ContecSpeaker) -> None:
    listener = Listener()
    oximeter.plug()
    Path("/dev/ttyUSB0").chmod(0)
    async with running(_links(listener).run(), oximeter.run()):
        await listener.until_state(ID, InstrumentState.FAULTY, Reason.PERMISSION)


async def test_two_of_one_kind_are_told_apart(oximeter: ContecSpeaker) -> None:
    listener = Listener()
    second = ContecSpeaker(UsbIds(0x10C4, 0xEA60, "0002"))
    oximeter.plug("ttyUSB0")
    second.plug("ttyUSB1")
    try:
        async with running(_links(listener).run(), oximeter.run(), second.run()):
            await listener.until_state(ID, InstrumentState.MEASURING)
            await listener.until_state("usb:10c4:ea60:0002", InstrumentState.MEASURING)
            await listener.until(lambda: len({w.identity.serial for w in listener.waveforms}) == 2)
    finally:
        second.close()
    assert {r.identity.serial for r in listener.readings} == {"0001", "0002"}
    assert {r.kind for r in listener.readings} == {Kind.OXIMETER}


async def test_two_with_one_serial_number_keep_their_names_when_one_is_pulled_out(
    oximeter: ContecSpeaker,
) -> None:
    listener, second = Listener(), ContecSpeaker()
    second_id = f"{ID}@1-ttyUSB1"
    oximeter.plug("ttyUSB0")
    second.plug("ttyUSB1")
    try:
        async with running(_links(listener).run(), oximeter.run(), second.run()):
            await listener.until_state(ID, InstrumentState.MEASURING)
            await listener.until_state(second_id, InstrumentState.MEASURING)
            told = len(listener.statuses)
            oximeter.close()
            await listener.until_state(ID, InstrumentState.LOST, Reason.UNPLUGGED)
            await listener.until(
                lambda: [r.identity.address for r in listener.readings[-2:]] == [second_id] * 2
            )
            oximeter.plug("ttyUSB0")
            await listener.until_state(ID, InstrumentState.MEASURING)
    finally:
        second.close()
    assert {status.id for status in listener.statuses[told:]} == {ID}


async def test_cancelled_while_nobody_sends(oximeter: ContecSpeaker) -> None:
    """The port is free again at once."""
    listener = Listener()
    oximeter.plug()
    async with running(_links(listener).run()):
        await listener.until_state(ID, InstrumentState.FOUND)
        await asyncio.sleep(0)
    descriptor = os.open("/dev/ttyUSB0", os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)
