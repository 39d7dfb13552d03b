"""Glucose meters at serial ports: asked for their last result, and sent nothing that they do not know."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from devices.catalog import by_key
from devices.event import Send
from devices.reading import Clock, Kind, Quality
from drivers.instrument import InstrumentState
from drivers.serial_link import SerialLinks
from drivers.serial_talk import Talk
from tests.drivers.listener import Listener, running
from tests.drivers.status_log import until
from tests.fakes import usb_bus
from tests.fakes.glucose_pty import CodeFree, UltraEasy

OLD, TODAY, LATER = datetime(2026, 11, 20, 8), datetime(2026, 11, 28, 9, 30), datetime(2026, 11, 28, 12)


@pytest.fixture
def codefree() -> Iterator[CodeFree]:
    usb_bus.require_private_namespace()
    meter = CodeFree([(TODAY, 104), (OLD, 131)])
    yield meter
    meter.close()


@pytest.fixture
def ultraeasy() -> Iterator[UltraEasy]:
    meter = UltraEasy([(OLD, 131), (OLD, 90), (TODAY, 104)])
    yield meter
    meter.close()


def _read(listener: Listener) -> list[tuple[int, datetime]]:
    return [(int(r.quantities[0].value or 0), r.taken_at.replace(tzinfo=None)) for r in listener.acts]


async def test_two_meters_beside_each_other(codefree: CodeFree, ultraeasy: UltraEasy) -> None:
    listener = Listener()
    devices = [by_key()[key] for key in ("sd_codefree", "lifescan_ultraeasy", "creative_pc300")]
    codefree.plug("ttyUSB0")
    ultraeasy.plug("ttyUSB1")
    async with running(SerialLinks(devices, listener).run(), codefree.run(), ultraeasy.run()):
        await until(lambda: codefree.heard_at[-1:] == [codefree.line])
        codefree.switch_on()
        await listener.until(lambda: len(listener.readings) == 2)
        await until(lambda: codefree.is_done)
        codefree.results.insert(0, (LATER, 95))
        codefree.switch_on()
        await until(lambda: codefree.is_done)
        codefree.switch_on()  # the same result once more
        await until(lambda: codefree.is_done)
        await listener.until(lambda: len(listener.readings) == 4)
        await listener.until_state("usb:10c4:ea60:0001", InstrumentState.READY)
    by_device = {reading.identity.device: reading for reading in listener.acts[:2]}
    assert set(by_device) == {"sd_codefree", "lifescan_ultraeasy"}
    assert sorted(_read(listener)) == [(95, LATER), (104, TODAY), (104, TODAY)]
    assert {(r.kind, r.clock) for r in listener.readings} == {(Kind.GLUCOMETER, Clock.DEVICE)}
    assert by_device["sd_codefree"].quality == {Quality.FROM_MEMORY, Quality.BEFORE_MEAL}
    assert by_device["lifescan_ultraeasy"].quality == {Quality.FROM_MEMORY}
    assert (ultraeasy.refused, ultraeasy.acknowledged, codefree.error) == ([], 3, False)


async def test_asked_once_more_on_one_connection_it_says_nothing_new(ultraeasy: UltraEasy) -> None:
    """It is asked every ten seconds."""
    listener = Listener()
    ultraeasy.plug("ttyUSB1")
    async with running(SerialLinks([by_key()["lifescan_ultraeasy"]], listener).run(), ultraeasy.run()):
        await until(lambda: ultraeasy.acknowledged == 3)
        ultraeasy.connect()
        await until(lambda: ultraeasy.acknowledged == 6)
        ultraeasy.results.append((LATER, 95))
        ultraeasy.connect()
        await listener.until(lambda: len(listener.readings) == 2)
    assert (_read(listener), len(listener.readings)) == ([(104, TODAY), (95, LATER)], 2)


async def test_a_decoder_that_asks_for_more_is_not_obeyed() -> None:
    talk = Talk("/dev/null", by_key()["lifescan_ultraeasy"])
    with pytest.raises(ValueError, match="may not be sent 0208"):
        await talk.answer([Send(bytes.fromhex("02080005 1a03 0000"))])
    await talk.close()
