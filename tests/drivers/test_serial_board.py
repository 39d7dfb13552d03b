"""A stethoscope board at a serial port, heard as any other: real bytes on a pty, unmodified pyserial."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import numpy as np
import pytest

from devices import catalog
from devices.catalog.serial_stethoscope import DEVICE
from devices.device import PcmMatch, SerialMatch
from drivers.instrument import InstrumentState, Reason
from drivers.serial_board import SerialBoard
from drivers.serial_link import SerialLinks
from tests.drivers.board_bench import CHEST, Bench, board_bench, is_of_the_chest
from tests.drivers.listener import Listener, running
from tests.fakes import heart, usb_bus
from tests.fakes.pcm import RATE_HZ
from tests.fakes.pcm_pty import IDS, PcmUnit

ADDRESS = "usb:1a86:55d4:PCG-0001"
assert isinstance(DEVICE.match, PcmMatch)
PCM = DEVICE.match


@pytest.fixture
def unit() -> Iterator[PcmUnit]:
    usb_bus.require_private_namespace()
    unit = PcmUnit()
    unit.plug("ttyACM0")
    yield unit
    unit.close()


@asynccontextmanager
async def bench(unit: PcmUnit, pcm: PcmMatch = PCM, address: str = ADDRESS) -> AsyncIterator[Bench]:
    async with board_bench(DEVICE, SerialBoard(DEVICE, address, pcm), unit.run()) as b:
        yield b


async def test_the_heart_is_heard_sample_by_sample(unit: PcmUnit) -> None:
    async with bench(unit) as b:
        status = await b.log.until(InstrumentState.READY)
        assert status.identity is not None
        assert (status.id, status.identity.address) == ("serial_stethoscope", ADDRESS)
        with b.source.listen() as live:
            b.source.start()
            await b.log.until(InstrumentState.MEASURING)
            pieces = await b.more(150)
            played = [chunk for _ in range(25) if (chunk := await live.get())]
        b.source.stop()
        await b.log.until(InstrumentState.READY)
    heard = np.concatenate([piece.samples for piece in pieces])
    assert heard.tobytes() in CHEST * 2, "what was sampled, and nothing made of it"
    assert {(piece.rate_hz, len(piece.samples)) for piece in pieces} == {(RATE_HZ, RATE_HZ // 50)}
    assert {(chunk.rate_hz, len(chunk.samples)) for chunk in played} == {(heart.RATE_HZ, 960)}
    assert unit.written == b""


async def test_a_lost_byte_is_a_gap_and_never_noise(unit: PcmUnit) -> None:
    async with bench(unit) as b:
        b.source.start()
        await b.more(25)
        for lost in (1, 3, 5):
            unit.samples.drop_bytes = lost
            await b.until_gap()
            await b.more(25)
    assert all(map(is_of_the_chest, b.took))


async def test_samples_that_are_lost_are_told(unit: PcmUnit) -> None:
    async with bench(unit) as b:
        b.source.start()
        await b.more(25)
        unit.samples.drop_bytes = 2 * RATE_HZ // 10  # an even number: the cut goes on as before
        await b.until_gap()
    assert 3 <= b.gaps <= 8  # of 20 ms


async def test_a_board_that_falls_silent_is_said_to_send_nothing(unit: PcmUnit) -> None:
    async with bench(unit) as b:
        b.source.start()
        await b.more(5)
        unit.samples.is_silent = True
        await b.log.until(InstrumentState.FAULTY, Reason.NO_DATA)
        count = len(b.took)
        unit.samples.is_silent = False
        await b.log.until(InstrumentState.MEASURING)
        await b.more(5)
    assert b.took[count].gap > 0
    assert all(map(is_of_the_chest, b.took))


async def test_a_board_that_is_pulled_out_comes_back_under_another_name(unit: PcmUnit) -> None:
    async with bench(unit) as b:
        b.source.start()
        await b.more(5)
        unit.close()
        await b.log.until(InstrumentState.LOST, Reason.UNPLUGGED)
        unit.plug("ttyACM3")
        await b.log.until(InstrumentState.MEASURING)
        await b.more(5)
    assert b.gaps > 0


@pytest.mark.parametrize("speed", [10.0, 2.0])
async def test_a_flood_is_refused_and_goes_on_when_it_is_over(unit: PcmUnit, speed: float) -> None:
    async with bench(unit) as b:
        b.source.start()
        await b.more(5)
        count, unit.samples.speed = len(b.took), speed
        await b.log.until(InstrumentState.FAULTY, Reason.GARBLED)
        assert len(b.took) - count < 60, "little of it is heard"
        unit.samples.speed = 1.0
        await b.log.until(InstrumentState.MEASURING)


async def test_a_line_that_loses_bytes_all_the_time_is_refused_and_never_noise(unit: PcmUnit) -> None:
    async with bench(unit) as b:
        b.source.start()
        await b.more(5)
        unit.samples.leaks = True
        await b.log.until(InstrumentState.FAULTY, Reason.GARBLED)
    assert all(map(is_of_the_chest, b.took))


async def test_nothing_is_heard_of_a_board_with_another_rate(unit: PcmUnit) -> None:
    async with bench(unit, replace(PCM, rate_hz=8_000)) as b:
        b.source.start()
        await b.log.until(InstrumentState.FAULTY, Reason.GARBLED)
    assert b.took == []


async def test_nothing_is_heard_of_a_line_with_another_speed(unit: PcmUnit) -> None:
    async with bench(unit, replace(PCM, baud=57600)) as b:
        b.source.start()
        await b.log.until(InstrumentState.FAULTY, Reason.GARBLED)
    assert b.took == []


async def test_another_unit_is_not_taken_for_the_one_that_is_named(unit: PcmUnit) -> None:
    unit.close()
    other = PcmUnit(replace(IDS, serial="PCG-0002"))
    other.plug("ttyACM0")
    async with bench(other) as b:
        b.source.start()
        await b.log.until(InstrumentState.ABSENT)
        await asyncio.sleep(1.5)
        assert b.log.now == (InstrumentState.ABSENT, Reason.NONE)
    other.close()
    assert (b.took, other.heard_at) == ([], [])


async def test_of_two_with_the_same_number_none_is_it_but_by_its_socket(unit: PcmUnit) -> None:
    twin = PcmUnit()
    twin.plug("ttyACM1")
    async with bench(unit) as b:
        await asyncio.sleep(1.0)
        assert b.log.now == (InstrumentState.ABSENT, Reason.NONE)
    async with bench(unit, address="usb:1a86:55d4:1-ttyACM0") as b:
        await b.log.until(InstrumentState.READY)
    twin.close()


async def test_its_port_is_left_alone_by_the_other_drivers() -> None:
    usb_bus.require_private_namespace()
    unit, serial = PcmUnit(usb_bus.CP2102), [d for d in catalog.devices() if isinstance(d.match, SerialMatch)]
    unit.plug("ttyUSB0")
    listener = Listener()
    async with running(SerialLinks(serial, listener, but="usb:10c4:ea60:0001").run(), unit.run()):
        await asyncio.sleep(1.5)
    unit.close()
    assert (listener.statuses, unit.heard_at, unit.written) == ([], [], b"")
