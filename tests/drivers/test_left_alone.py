"""Who is only looked at: what an instrument sends once stays in it, where its port need not be opened."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from devices import catalog
from devices.catalog import contec_cms50_v7, nonin_spot, nonin_xpod
from devices.device import BleMatch, Device, SerialMatch
from devices.reading import SHY, Quality
from drivers.instrument import InstrumentState, Reason
from drivers.left_alone import left_alone
from drivers.serial_link import SerialLinks
from tests.drivers.listener import Listener, running
from tests.fakes import usb_bus
from tests.fakes.contec_pty import ContecSpeaker
from tests.fakes.nonin_slow import SpotChecker

ID = "usb:0403:6001:FT0001"
SPOT, XPOD, V7 = nonin_spot.DEVICE, nonin_xpod.DEVICE, contec_cms50_v7.DEVICE
LIKE_IT = replace(SPOT, key="like_it")
GONE = ((InstrumentState.LOST, Reason.UNPLUGGED), (InstrumentState.ABSENT, Reason.NONE))


@pytest.fixture
def spot_checker() -> Iterator[SpotChecker]:
    """With a result that nobody has got yet."""
    usb_bus.require_private_namespace()
    unit = SpotChecker()
    unit.remember(datetime(2026, 11, 27, 17, 45, 12), 95, 61)
    unit.plug("ttyUSB5")
    yield unit
    unit.close()


@pytest.mark.parametrize("others", [(), (LIKE_IT,)])
async def test_its_port_is_not_opened_and_what_it_kept_is_the_kiosks(
    spot_checker: SpotChecker, others: tuple[Device, ...]
) -> None:
    looking, kiosk, contec = Listener(), Listener(), ContecSpeaker()
    contec.plug()
    try:
        links = SerialLinks(left_alone([SPOT, *others, V7]), looking)
        async with running(links.run(), spot_checker.run(), contec.run()):
            await looking.until_state(ID, InstrumentState.FOUND)
            await looking.until(lambda: len(looking.waveforms) > 20)  # the others are read meanwhile
            assert spot_checker.heard_at == []
            spot_checker.close()
            await looking.until(lambda: looking.now(ID) in GONE)
            spot_checker.plug("ttyUSB5")
            await looking.until_state(ID, InstrumentState.FOUND)
            assert spot_checker.heard_at == []
    finally:
        contec.close()
    async with running(SerialLinks([SPOT], kiosk).run(), spot_checker.run()):
        await kiosk.until(lambda: len(kiosk.readings) == 1)


async def test_at_a_bridge_that_others_have_it_is_understood(spot_checker: SpotChecker) -> None:
    looking = Listener()
    known = [device for device in left_alone(catalog.devices()) if isinstance(device.match, SerialMatch)]
    async with running(SerialLinks(known, looking).run(), spot_checker.run()):
        await looking.until(lambda: len(looking.readings) == 1)
    assert looking.readings[0].identity.device == SPOT.key
    assert Quality.FROM_MEMORY in looking.readings[0].quality


def test_who_is_left_alone() -> None:
    known = [d for d in catalog.devices() if d.decoder is not None]
    left = {here.key for here, there in zip(known, left_alone(known), strict=True) if there.decoder is None}
    assert left == {d.key for d in known if isinstance(d.match, BleMatch) and SHY & {d.kind, *d.also}}
    assert [d.decoder for d in left_alone([SPOT, XPOD])] == [SPOT.decoder, XPOD.decoder]
    clip = replace(next(d for d in known if d.key == "nonin_3230"), sends_once=True)
    assert [d.decoder for d in left_alone([clip])] == [None]
    assert left_alone([SPOT, clip], unless=True) == [SPOT, clip]
